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
SANITIZE ?=
FUZZ     ?= OFF
BUILD    ?= build
JOBS     ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)

CONFIGURE = cmake -S . -DCMAKE_C_COMPILER="$(CC)" -DCMAKE_C_FLAGS="$(CFLAGS)" \
	-DFAISS_OPTFLAGS="$(OPTFLAGS)" -DFAISS_BLAS="$(BLAS)" -DFAISS_FINTEGER=$(FINTEGER) \
	-DFAISS_OPENMP=$(OPENMP) -DFAISS_SANITIZE="$(SANITIZE)" -DFAISS_FUZZ=$(FUZZ) -DCMAKE_INSTALL_PREFIX="$(PREFIX)" \
	$(CONFIGURE_MORE)

all: configure
	@cmake --build $(BUILD) -j $(JOBS)

configure:
	@$(CONFIGURE) -B $(BUILD) > $(BUILD).log 2>&1 || { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

# headers, libraries, faiss.pc, CMake package, command and manual page; DESTDIR is respected
install: all
	DESTDIR="$(DESTDIR)" cmake --install $(BUILD)

# the Python module: PYTHONPATH=build/python python3 -c 'import faiss'
# (twice configured: where the compiler has changed CMake forgets what else it was told)
py: configure
	@$(MAKE) --no-print-directory -s configure \
		CONFIGURE_MORE='-DFAISS_PYTHON=ON -DPython3_EXECUTABLE="$(shell command -v $(PYTHON))"'
	@cmake --build $(BUILD) -j $(JOBS) --target py
.PHONY: py

# the wheels, in build/wheels: for all Pythons >= 3.9; with all that the Python module needs
wheel:
	@PYTHON="$(PYTHON)" sh tests/wheel.sh $(BUILD)
.PHONY: wheel

# programs from PyPI on faiss-cpu and on ours: CLIENTS="langchain_store ..." for some. Large downloads.
test-clients: wheel
	@$(PYTHON) tests/clients/run.py $(BUILD) $(CLIENTS)
.PHONY: test-clients

# how soon Ctrl-C ends each long call, in processor time: a table
test-interrupt: py
	@sh tests/venv.sh $(BUILD)/venv numpy pytest
	@FAISS_LIBRARY=$(BUILD)/libfaiss.so $(BUILD)/venv/bin/python -m pytest -q -s -p no:cacheprovider tests/interrupt.py
.PHONY: test-interrupt

# wrong input for every function, method and attribute of the Python module, nonsense in every field: half an hour
test-bad-input: py
	@sh tests/venv.sh $(BUILD)/venv numpy pytest
	@PYTHONPATH=$(BUILD)/python $(BUILD)/venv/bin/python tests/python/sweep.py
	@PYTHONPATH=$(BUILD)/python $(BUILD)/venv/bin/python tests/python/sweep_fields.py
.PHONY: test-bad-input

# the Python module and its tests with AddressSanitizer
check-asan-python:
	@sh tests/asan_python.sh build-asan-python
.PHONY: check-asan-python

# C tests only, for the edit-test loop; CTEST_FLAGS='-R IndexIVF' or '-LE long', for example
check: all
	@cd $(BUILD) && ctest --no-tests=error --output-on-failure -j $(JOBS) $(CTEST_FLAGS)

# everything: installs what is missing, builds, runs all tests (C, headers, Python, the oracle)
test: deps
	@$(MAKE) --no-print-directory -s all > $(BUILD)-make.log 2>&1 || { cat $(BUILD)-make.log; exit 1; }
	@rm -f $(BUILD)-make.log
	@CC="$(CC)" PYTHON="$(PYTHON)" tests/run.sh $(BUILD)

# what the library is for, on real vectors; DATA=fashion-mnist: on the images of Debian's package
DATA ?= glove
demo:
	@CC="$(CC)" PYTHON="$(PYTHON)" BLAS="$(BLAS)" sh cmake/deps.sh \
		$(if $(filter fashion-mnist,$(DATA)),dataset-fashion-mnist)
	@$(MAKE) --no-print-directory -s configure
	@echo "building the library and the command ..."
	@cmake --build $(BUILD) -j $(JOBS) --target faiss_command > $(BUILD)-demo.log 2>&1 || \
		{ cat $(BUILD)-demo.log; exit 1; }
	@rm -f $(BUILD)-demo.log
	@sh demos/demo.sh $(BUILD) $(DATA)

# speed beside faiss-cpu: GLOVE=FILE.npy for vectors other than those of the demo. Long.
GLOVE ?= demos/data/glove-20k.f16.npy
bench: all py
	@sh cmake/deps.sh dataset-fashion-mnist
	@sh tests/venv.sh $(BUILD)/venv numpy pytest && \
		sh tests/venv.sh $(BUILD)/oracle-venv faiss-cpu==1.15.1 numpy
	@for what in flat kmeans ivf quantizers; do echo "== $$what" && GLOVE=$(GLOVE) \
		FAISS_ORACLE_PYTHON=$${FAISS_ORACLE_PYTHON:-$(BUILD)/oracle-venv/bin/python} \
		FAISS_LIBRARY=$(BUILD)/libfaiss.so $(BUILD)/venv/bin/python benchs/bench_$$what.py || exit 1; done

# HNSW beside faiss-cpu, hnswlib, usearch and SVS; BENCH_FLAGS="--rows 10000 --rounds 1" for a slice
bench-graphs: all
	@sh cmake/deps.sh dataset-fashion-mnist
	@sh tests/venv.sh $(BUILD)/venv numpy pytest && \
		sh tests/venv.sh $(BUILD)/oracle-venv faiss-cpu==1.15.1 numpy && \
		sh tests/venv.sh $(BUILD)/graphs-venv numpy hnswlib==0.8.0 usearch==2.26.6 scalable-vs==0.5.0
	@GLOVE=$(GLOVE) GRAPHS_PYTHON=$(BUILD)/graphs-venv/bin/python FAISS_LIBRARY=$(BUILD)/libfaiss.so \
		FAISS_ORACLE_PYTHON=$${FAISS_ORACLE_PYTHON:-$(BUILD)/oracle-venv/bin/python} \
		$(BUILD)/venv/bin/python benchs/graphs.py $(BENCH_FLAGS)
.PHONY: bench-graphs

deps:
	@CC="$(CC)" PYTHON="$(PYTHON)" BLAS="$(BLAS)" sh cmake/deps.sh

# The C tests with sanitizers. An allocation that is too large fails there as it does elsewhere.
# OpenBLAS's threads are not instrumented: it runs on one.
check-asan:
	@$(MAKE) --no-print-directory -s all BUILD=build-asan OPTFLAGS=-O1 SANITIZE=address,undefined
	@cd build-asan && ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 \
		UBSAN_OPTIONS=print_stacktrace=1 ctest --no-tests=error --output-on-failure -j $(JOBS) -LE long

# The same with ThreadSanitizer. Only LLVM's OpenMP runtime with its archer tool tells it what the
# runtime synchronises, so this is clang's alone.
LLVM_LIB ?= $(shell llvm-config --libdir 2>/dev/null || echo /usr/lib/llvm-14/lib)
check-tsan:
	@test -f $(LLVM_LIB)/libarcher.so || { echo "check-tsan needs libomp-14-dev (libarcher.so)"; exit 1; }
	@$(MAKE) --no-print-directory -s all BUILD=build-tsan CC=clang \
		OPTFLAGS="-O1 -Wno-pass-failed" SANITIZE=thread
	@cd build-tsan && OMP_TOOL_LIBRARIES=$(LLVM_LIB)/libarcher.so OPENBLAS_NUM_THREADS=1 \
		TSAN_OPTIONS=ignore_noninstrumented_modules=1:allocator_may_return_null=1 ctest --no-tests=error --output-on-failure -j $(JOBS) -LE long

# The C tests on AArch64: a cross build, run by QEMU, where one thread is all that runs reliably.
# (OpenBLAS starts threads of its own as soon as it is loaded: at configure time too.)
AARCH64_BLAS ?= -L/usr/lib/aarch64-linux-gnu -lopenblas
test-aarch64: export OPENBLAS_NUM_THREADS = 1
test-aarch64: export FAISS_TEST_ONE_THREAD = 1
test-aarch64:
	@DPKG_ARCHITECTURE=arm64 sh cmake/deps.sh gcc-aarch64-linux-gnu qemu-user \
		libopenblas-dev:arm64 libcmocka-dev:arm64
	@$(MAKE) --no-print-directory -s all BUILD=build-aarch64 CC=aarch64-linux-gnu-gcc OPENMP=0 \
		BLAS="$(AARCH64_BLAS)" CONFIGURE_MORE=-DCMAKE_TOOLCHAIN_FILE=cmake/aarch64.cmake
	@cd build-aarch64 && ctest --no-tests=error --output-on-failure -j $(JOBS) --timeout 900 \
		-R '^test_|checkkernels|^demo_|^fuzz_'

# the list behind the getters and setters of fields, made from the headers
fields:
	CC="$(CC)" $(PYTHON) faiss/fields.py

# Random input for the readers and the factory, FUZZ_SECONDS each; finds go to build-fuzz/
FUZZ_SECONDS ?= 60
fuzz:
	@$(MAKE) --no-print-directory -s all BUILD=build-fuzz CC=clang OPTFLAGS=-O1 FUZZ=ON \
		SANITIZE=address,undefined
	@cd build-fuzz && for name in read_index index_factory; do mkdir -p corpus_$$name && \
		OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 ./fuzz_$$name \
		-max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 -malloc_limit_mb=2048 -timeout=20 \
		-print_final_stats=1 corpus_$$name ../fuzz/corpora/$$name || exit 1; done

clean:
	rm -rf build build-*

# version 14 decides: others lay out differently
CLANG_FORMAT ?= $(shell command -v clang-format-14 || echo clang-format)
FORMAT_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.h')
format:
	$(CLANG_FORMAT) -i $(FORMAT_FILES)
check-format:
	@$(CLANG_FORMAT) --dry-run -Werror $(FORMAT_FILES)

.PHONY: all configure install check test demo bench deps check-asan check-tsan fields test-aarch64 clean format check-format fuzz
