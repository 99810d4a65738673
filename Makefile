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
override CFLAGS += -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(BASE) $(WARN) $(PKGFLAGS)

CORE_SRC     := $(wildcard core/*.c core/*/*.c)
SIM_SRC      := $(filter-out sim/cli/%,$(wildcard sim/*.c sim/*/*.c))
ANALYSIS_SRC := $(wildcard analysis/*.c)
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
NS3_PLUGIN  := $(if $(NS3_HEADER),$(O)/partyline-ns3.so)
NS3_SRC     := $(wildcard sim/ns3/*.cc)

.PHONY: all
all: $(O)/partyline $(if $(NS3_SRC),$(NS3_PLUGIN))

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

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
