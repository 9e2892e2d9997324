/* Searches side by side with changes. */
#include <faiss/impl/shared_lock.h>

#include <pthread.h>

#include <faiss/impl/check.h>

struct FaissSharedLock {
    pthread_mutex_t change;    /* held by a change from its begin to its end */
    pthread_rwlock_t searches; /* held by searches, together, and by a change that is not paused */
    pthread_mutex_t gate;      /* held by a change that waits for searches to end ... */
    int n_waiting;             /* ... and whether there is one: then searches stop at the gate */
};

FaissStatus faiss_SharedLock_new (FaissSharedLock **out) {
    FAISS_AUTO_FREE (FaissSharedLock) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    if (pthread_mutex_init (&self->change, NULL) != 0) {
        return faiss_fail (FAISS_STD_EXCEPT, "no lock could be made");
    }
    if (pthread_mutex_init (&self->gate, NULL) != 0) {
        pthread_mutex_destroy (&self->change);
        return faiss_fail (FAISS_STD_EXCEPT, "no lock could be made");
    }
    if (pthread_rwlock_init (&self->searches, NULL) != 0) {
        pthread_mutex_destroy (&self->change);
        pthread_mutex_destroy (&self->gate);
        return faiss_fail (FAISS_STD_EXCEPT, "no lock could be made");
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_SharedLock_free (FaissSharedLock *self) {
    if (self) {
        pthread_rwlock_destroy (&self->searches);
        pthread_mutex_destroy (&self->gate);
        pthread_mutex_destroy (&self->change);
        free (self);
    }
}

void faiss_SharedLock_begin_search (FaissSharedLock *self) {
    if (!self) {
        return;
    }
    if (__atomic_load_n (&self->n_waiting, __ATOMIC_RELAXED) > 0) {
        pthread_mutex_lock (&self->gate);
        pthread_mutex_unlock (&self->gate);
    }
    pthread_rwlock_rdlock (&self->searches);
}

void faiss_SharedLock_end_search (FaissSharedLock *self) {
    if (self) {
        pthread_rwlock_unlock (&self->searches);
    }
}

void faiss_SharedLock_resume_change (FaissSharedLock *self) {
    if (self) {
        pthread_mutex_lock (&self->gate);
        __atomic_fetch_add (&self->n_waiting, 1, __ATOMIC_RELAXED);
        pthread_rwlock_wrlock (&self->searches);
        __atomic_fetch_sub (&self->n_waiting, 1, __ATOMIC_RELAXED);
        pthread_mutex_unlock (&self->gate);
    }
}

void faiss_SharedLock_pause_change (FaissSharedLock *self) {
    if (self) {
        pthread_rwlock_unlock (&self->searches);
    }
}

void faiss_SharedLock_begin_copy (FaissSharedLock *self) {
    if (self) {
        pthread_mutex_lock (&self->change);
    }
}

void faiss_SharedLock_end_copy (FaissSharedLock *self) {
    if (self) {
        pthread_mutex_unlock (&self->change);
    }
}

void faiss_SharedLock_begin_change (FaissSharedLock *self) {
    faiss_SharedLock_begin_copy (self);
    faiss_SharedLock_resume_change (self);
}

void faiss_SharedLock_end_change (FaissSharedLock *self) {
    faiss_SharedLock_pause_change (self);
    faiss_SharedLock_end_copy (self);
}
