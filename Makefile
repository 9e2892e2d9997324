# The front door. Variables come from makefile.inc (see makefile.inc.example) or the command line.
-include makefile.inc

CC       ?= gcc
CFLAGS   ?=
OPTFLAGS ?= -O3
BLAS     ?=
FINTEGER ?= int
OPENMP   ?= 1
PYTHON   ?= python3
PREFIX   ?= /usr/local
BUILD    ?= build
JOBS     ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)

CONFIGURE = cmake -S . -DCMAKE_C_COMPILER="$(CC)" -DCMAKE_C_FLAGS="$(CFLAGS)" \
	-DFAISS_OPTFLAGS="$(OPTFLAGS)" -DFAISS_BLAS="$(BLAS)" -DFAISS_FINTEGER=$(FINTEGER) \
	-DFAISS_OPENMP=$(OPENMP) -DCMAKE_INSTALL_PREFIX="$(PREFIX)"

all: configure
	@cmake --build $(BUILD) -j $(JOBS)

configure:
	@$(CONFIGURE) -B $(BUILD) > $(BUILD).log 2>&1 || { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

# headers, libraries, faiss.pc, CMake package, command and manual page; DESTDIR is respected
install: all
	DESTDIR="$(DESTDIR)" cmake --install $(BUILD)

# unit tests only: quick, for the edit-test loop
check: all
	cd $(BUILD) && ctest --output-on-failure -j $(JOBS)

clean:
	rm -rf build build-*

FORMAT_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.h')
format:
	clang-format -i $(FORMAT_FILES)
check-format:
	clang-format --dry-run -Werror $(FORMAT_FILES)

.PHONY: all configure install check clean format check-format
