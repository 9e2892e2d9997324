/* How many threads the BLAS starts: found at run time, whichever one is linked. */
#include <faiss/utils/blas.h>

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* Those that the linked library lacks are NULL. */
#define WEAK __attribute__ ((weak))
extern void openblas_set_num_threads (int n) WEAK;
extern int openblas_get_num_threads (void) WEAK;
extern void bli_thread_set_num_threads (intptr_t n) WEAK;
extern intptr_t bli_thread_get_num_threads (void) WEAK;
extern void MKL_Set_Num_Threads (int n) WEAK;
extern int MKL_Get_Max_Threads (void) WEAK;

/* Returns the number before, 0 if it cannot be told. */
static int set_threads (int n) {
    int before = 0;
    if (openblas_set_num_threads && openblas_get_num_threads) {
        before = openblas_get_num_threads ();
        if (n > 0 && n != before) {
            openblas_set_num_threads (n);
        }
    } else if (MKL_Set_Num_Threads && MKL_Get_Max_Threads) {
        before = MKL_Get_Max_Threads ();
        if (n > 0 && n != before) {
            MKL_Set_Num_Threads (n);
        }
    } else if (bli_thread_set_num_threads && bli_thread_get_num_threads) {
        before = (int)bli_thread_get_num_threads ();
        if (n > 0 && n != before) {
            bli_thread_set_num_threads (n);
        }
    }
    return before;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int n_inside, threads_before;

void faiss_blas_single_threaded_begin (void) {
    pthread_mutex_lock (&lock);
    if (n_inside++ == 0) {
        threads_before = set_threads (1);
    }
    pthread_mutex_unlock (&lock);
}

void faiss_blas_single_threaded_end (void) {
    pthread_mutex_lock (&lock);
    if (--n_inside == 0) {
        (void)set_threads (threads_before);
    }
    pthread_mutex_unlock (&lock);
}
