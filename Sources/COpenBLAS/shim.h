#include <cblas.h>
#include <stddef.h>

// Two routines of LAPACK, which OpenBLAS holds under their Fortran names: reference LAPACK 3.11, SRC/dpotrf.f and
// SRC/dsyevd.f. Every argument is passed by address; a compiler of Fortran expects the length of each character
// argument after the last one. Debian's C interface to them would bring four more libraries into the image.
void dpotrf_(const char *triangle, const int *order, double *matrix, const int *leading, int *info,
             size_t triangle_length);
void dsyevd_(const char *vectors, const char *triangle, const int *order, double *matrix, const int *leading,
             double *values, double *work, const int *work_length, int *integers, const int *integers_length,
             int *info, size_t vectors_length, size_t triangle_length);
