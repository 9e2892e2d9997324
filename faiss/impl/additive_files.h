/* Additive quantizers as parts of index files. Not for public headers. */
#ifndef FAISS_ADDITIVE_FILES_H
#define FAISS_ADDITIVE_FILES_H

#include <faiss/impl/LocalSearchQuantizer.h>
#include <faiss/impl/ProductAdditiveQuantizer.h>
#include <faiss/impl/ResidualQuantizer.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>

/* "RQ", "OldRQ", "LSQ", "PRQ", "PLSQ" of the format, into default objects. */
FaissStatus faiss_read_ResidualQuantizer (FaissIOReader *r, FaissResidualQuantizer *self,
                                          int io_flags);
FaissStatus faiss_write_ResidualQuantizer (FaissIOWriter *w, const FaissResidualQuantizer *self);
FaissStatus faiss_read_OldResidualQuantizer (FaissIOReader *r, FaissResidualQuantizer *self);
FaissStatus faiss_read_LocalSearchQuantizer (FaissIOReader *r, FaissLocalSearchQuantizer *self);
FaissStatus faiss_write_LocalSearchQuantizer (FaissIOWriter *w,
                                              const FaissLocalSearchQuantizer *self);
FaissStatus faiss_read_ProductResidualQuantizer (FaissIOReader *r,
                                                 FaissProductResidualQuantizer *self, int io_flags);
FaissStatus faiss_read_ProductLocalSearchQuantizer (FaissIOReader *r,
                                                    FaissProductLocalSearchQuantizer *self);
FaissStatus faiss_write_ProductAdditiveQuantizer (FaissIOWriter *w,
                                                  const FaissProductAdditiveQuantizer *self);

#endif
