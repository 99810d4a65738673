# partyline: `make help` lists the targets.

CC       ?= gcc
CXX      ?= g++
PREFIX   ?= /usr/local
DESTDIR  ?=
O        ?= build
SAN      ?=

WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Wvla -Wmissing-prototypes -Werror
OPT      ?= -O2 -g
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# -ffp-contract=off: a fused multiply-add would change the last bit of a draw from one CPU to the next.
BASE     := -I. $(OPT) $(SANFLAGS) -ffp-contract=off -fPIC
PKGS     := glib-2.0 gmodule-2.0 nettle hogweed yaml-0.1 jansson
PKGFLAGS := $(subst -I,-isystem ,$(shell pkg-config --cflags $(PKGS) 2>/dev/null))
LIBS     := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lgmp -lm
override CFLAGS += -std=c11 -D_GNU_SOURCE $(BASE) $(WARN) $(PKGFLAGS)

CORE_SRC     := $(wildcard core/*.c core/*/*.c core/*/*/*.c)
SIM_SRC      := $(filter-out sim/cli/%,$(wildcard sim/*.c sim/*/*.c sim/*/*/*.c))
ANALYSIS_SRC := $(wildcard analysis/*.c analysis/*/*.c)
CLI_SRC      := $(wildcard sim/cli/*.c)
SUPPORT_SRC  := $(wildcard tests/support/*.c)
TEST_SRC     := $(wildcard tests/*/test_*.c)
FUZZ_SRC     := $(wildcard tests/fuzz/fuzz_*.c)
BENCH_SRC    := $(wildcard tests/bench/bench_*.c)

obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
TESTS   := $(patsubst tests/%.c,$(O)/tests/%,$(TEST_SRC))
FUZZERS := $(patsubst tests/%.c,$(O)/tests/%,$(FUZZ_SRC))
BENCHES := $(patsubst tests/%.c,$(O)/tests/%,$(BENCH_SRC))
ARCHIVES := $(O)/libanalysis.a $(O)/libsim.a $(O)/libcore.a

# The ns-3 plug-in is built where the headers are; all else builds without them.
NS3_INCLUDE := $(firstword $(wildcard /usr/include/ns3.37))
NS3_HEADER  := $(firstword $(wildcard /usr/include/ns3.37/ns3/core-module.h /usr/include/ns3/core-module.h))
NS3_PLUGIN  := $(if $(and $(NS3_HEADER),$(shell command -v $(CXX) 2>/dev/null)),$(O)/partyline-ns3.so)
NS3_SRC     := $(wildcard sim/ns3/*.cc)

# Goals that do not install what is missing say which goal does, rather than have the compiler say it.
BARE_GOALS := $(filter all install $(O)/%,$(or $(MAKECMDGOALS),all))
ifneq ($(BARE_GOALS),)
ifneq ($(shell command -v $(CC) >/dev/null 2>&1 && pkg-config --exists $(PKGS) 2>/dev/null && echo yes),yes)
$(error $(CC), pkg-config or a library of packages.txt is missing: `make deps` installs them)
endif
endif

.PHONY: all
all: $(O)/partyline $(if $(NS3_SRC),$(NS3_PLUGIN))

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

# The one file that knows where it will be installed is compiled anew when that changes.
$(O)/obj/sim/engine.o: override CFLAGS += -DPL_PREFIX='"$(PREFIX)"'
$(O)/obj/sim/engine.o: $(O)/prefix
.PHONY: force
$(O)/prefix: force
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@

$(O)/libcore.a: $(call obj,$(CORE_SRC))
	@rm -f $@
	$(AR) rcs $@ $^
$(O)/libsim.a: $(call obj,$(SIM_SRC))
	@rm -f $@
	$(AR) rcs $@ $^
$(O)/libanalysis.a: $(call obj,$(ANALYSIS_SRC))
	@rm -f $@
	$(AR) rcs $@ $^

$(O)/partyline: $(call obj,$(CLI_SRC)) $(ARCHIVES)
	$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $(call obj,$(CLI_SRC)) $(ARCHIVES) $(LIBS)

$(O)/partyline-ns3.so: $(NS3_SRC) $(wildcard sim/ns3/*.hh) $(wildcard sim/*.h sim/net/*.h core/*.h)
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O2 -g -Wall -Wextra -Werror -ffp-contract=off -fPIC -shared -fvisibility=hidden -I. $(addprefix -isystem ,$(NS3_INCLUDE)) $(NS3_SRC) -o $@ -lns3-core -lns3-network -lns3-internet -lns3-traffic-control

$(O)/tests/%: $(O)/obj/tests/%.o $(call obj,$(SUPPORT_SRC)) $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)

# ---- what a person calls ------------------------------------------------------------------------

MAKEFLAGS += --no-print-directory
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# What is built after `deps` is built by a make of its own, which sees what was installed.
BUILD = $(MAKE) -s $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
DEMO := scenarios/login/first-login.yaml
# The benches are scripts too, but no tests.
SCRIPTS := $(filter-out tests/bench/%,$(wildcard tests/*/*.sh))

.PHONY: help
help:
	@echo "make            build build/partyline (and the ns-3 plug-in where ns-3 is installed)"
	@echo "make demo       install what is missing, build, run the main demonstration, say where its figures are"
	@echo "make test       install what is missing, build, run all tests; logs in build/logs"
	@echo "make bench      speed and memory, as ratios within one run; writes results/bench.json"
	@echo "make figures    run every scenario in its full tier and draw its figures"
	@echo "make lint       what the house promises about itself, and that clang warns of nothing"
	@echo "make deps       install what packages.txt lists and is missing"
	@echo "make install    PREFIX=$(PREFIX) DESTDIR="
	@echo "make clean      remove build/"

.PHONY: deps
deps:
	@O=$(O) sh tests/deps.sh packages.txt

.PHONY: demo
demo: deps
	@$(BUILD) all
	@$(O)/partyline run $(DEMO) --color auto

# Two builds: as shipped, and with the address and undefined-behaviour sanitizers (stories and units only).
SANO := $(O)/sanitize
# The plug-in is built once, as shipped.
NS3_TESTS := $(addprefix $(O)/tests/port/,test_port_ns3 test_ns3_tcp test_ns3_end test_ns3_path)
.PHONY: test
test: deps
	@$(BUILD) all tests
	@$(BUILD) O=$(SANO) SAN=address,undefined OPT="-O1 -g" tests $(SANO)/partyline
	@O=$(O) SANO=$(SANO) JOBS=$(JOBS) sh tests/run.sh $(O)/logs $(SCRIPTS) $(TESTS) $(patsubst $(O)/%,$(SANO)/%,$(filter-out $(NS3_TESTS),$(TESTS)))

.PHONY: tests
tests: $(TESTS) $(FUZZERS)

.PHONY: lint
lint: deps
	@$(BUILD) $(O)/libcore.a
	@O=$(O) JOBS=$(JOBS) sh tests/run.sh $(O)/logs/lint $(wildcard tests/lint/*.sh)

# Every C file, read with all warnings and not compiled; for a second compiler.
.PHONY: check-syntax
check-syntax: $(patsubst %,syntax/%,$(CORE_SRC) $(SIM_SRC) $(ANALYSIS_SRC) $(CLI_SRC) $(SUPPORT_SRC) $(TEST_SRC) $(FUZZ_SRC) $(BENCH_SRC))
syntax/%: force
	$(CC) $(CFLAGS) -fsyntax-only $*

.PHONY: bench
bench: deps
	@$(BUILD) all benches
	@O=$(O) sh tests/bench/bench.sh

.PHONY: benches
benches: $(BENCHES)

.PHONY: figures
figures: deps
	@$(BUILD) all
	@for f in scenarios/*/*.yaml; do case $$f in scenarios/base/*) ;; *) $(O)/partyline run $$f --tier full || true ;; esac; done

.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/partyline $(DESTDIR)$(PREFIX)/share/partyline/analysis
	install -m 755 $(O)/partyline $(DESTDIR)$(PREFIX)/bin/
	$(if $(NS3_PLUGIN),install -m 755 $(NS3_PLUGIN) $(DESTDIR)$(PREFIX)/lib/partyline/)
	install -m 644 analysis/*.gp $(DESTDIR)$(PREFIX)/share/partyline/analysis/
	cp -r scenarios $(DESTDIR)$(PREFIX)/share/partyline/

.PHONY: clean
clean:
	rm -rf $(O)
