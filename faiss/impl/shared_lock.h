/* Searches side by side with changes, for indexes that allow that. Not for public headers.
 *
 * Searches hold the lock together, a change holds it alone; a change that waits lets no further
 * search begin, so it waits for those under way only. While it computes what it does not publish
 * yet, a change may pause, and searches run meanwhile; other changes wait until it ends. A thread
 * may not begin a search inside a search of the same object.
 */
#ifndef FAISS_SHARED_LOCK_H
#define FAISS_SHARED_LOCK_H

#include <faiss/impl/error.h>

typedef struct FaissSharedLock FaissSharedLock;

FaissStatus faiss_SharedLock_new (FaissSharedLock **out);
void faiss_SharedLock_free (FaissSharedLock *self);

/* NULL does nothing in all of these. */

void faiss_SharedLock_begin_search (FaissSharedLock *self);
void faiss_SharedLock_end_search (FaissSharedLock *self);

void faiss_SharedLock_begin_change (FaissSharedLock *self);
void faiss_SharedLock_end_change (FaissSharedLock *self);

/// Inside a change: let searches run.
void faiss_SharedLock_pause_change (FaissSharedLock *self);
void faiss_SharedLock_resume_change (FaissSharedLock *self);

/// No change may be under way or begin, but searches run: for copies and files.
void faiss_SharedLock_begin_copy (FaissSharedLock *self);
void faiss_SharedLock_end_copy (FaissSharedLock *self);

#endif
