/* What the inverted files on additive quantizers share. Not for public headers. */
#ifndef FAISS_INDEX_IVF_ADDITIVE_INTERNAL_H
#define FAISS_INDEX_IVF_ADDITIVE_INTERNAL_H

#include <faiss/IndexIVFAdditiveQuantizer.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/ivf_internal.h>

/* The parts of files before and after the quantizer. */
FaissStatus faiss_read_ivf_additive_begin (FaissIOReader *r, FaissIndexIVFAdditiveQuantizer *self);
FaissStatus faiss_read_ivf_additive_end (FaissIOReader *r, FaissIndexIVFAdditiveQuantizer *self,
                                         int io_flags);
FaissStatus faiss_write_ivf_additive_begin (FaissIOWriter *w,
                                            const FaissIndexIVFAdditiveQuantizer *self);
FaissStatus faiss_write_ivf_additive_end (FaissIOWriter *w,
                                          const FaissIndexIVFAdditiveQuantizer *self);

#endif
