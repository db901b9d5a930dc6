# SPDX-License-Identifier: MIT
#
# Pollux's build. `make help` lists the targets and the variables.
#
# Sources are found by wildcard, so a new file needs no line here:
#
#     lib/**/*.c                  → libpollux.a: libc and threads, nothing else
#     viz/**/*.c                  → libpolluxviz.a, and with viz/command/main.c the program pollux
#     lessons/NN-name/*.c         → a program each, but exercise*.c and wrong*.c, which `pollux check` builds
#     tests/**/test_*.c           → a cmocka program each; tests/**/test_*.sh is run as it is
#     tests/support/*.c           → linked into the tests; tests/programs/*.c → programs that tests run
#     tests/faults/interpose.c    → linked into the tests of its folder, in front of libc
#
# Everything made lies under build/$(BUILD)/. Three kinds of stamp make an incremental build right:
#
#     build/deps.mk          what .ci/deps found out about the compiler and the libraries. make includes it, so
#                            it is made first, and make then starts anew with the flags of libraries that were
#                            installed a moment ago. It is remade when one of the files found has gone.
#     build/$(BUILD)/flags   the compiler and its flags: objects depend on it, so CC=clang builds anew
#     build/$(BUILD)/lib, viz, support
#                            the names of an archive's sources: it depends on them, so a removed file leaves it

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

VERSION := 0.1.0

# ---- what can be chosen -----------------------------------------------------------------------------------

BUILD      ?= release
TRACE      ?= on
SMALL      ?= off
JITTER     ?= off
PREFIX     ?= /usr/local
DESTDIR    ?=
TEST_JOBS  ?= 2
T          ?=
V          ?=
WERROR     ?=

PKG_CONFIG ?= pkg-config

# The libraries, by their pkg-config names. .ci/deps knows which package of which system brings them.
VIZ_NEEDS  := ncursesw sdl2 SDL2_ttf libpng libcjson
TEST_NEEDS := cmocka

# Programs of lessons that need a library besides libpollux. Of the extra ones none is installed: what needs one is
# built where it is found.
EXTRA_NEEDS := sqlite3 libpq
needs_lessons/03-real-leaves/sqlite   := sqlite3
needs_lessons/03-real-leaves/postgres := libpq
needs_lessons/03-real-leaves/rpc      := libcjson

optimise_release := -O2 -g
optimise_debug   := -O0 -g3 -ftrivial-auto-var-init=pattern
optimise_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
optimise_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
defines_debug    := -DPLX_DEBUG=1
defines_asan     := -DPLX_DEBUG=1
# Two that can be laid over any of these: `make check BUILD=tsan SMALL=on JITTER=on`. By themselves:
optimise_small   := -O2 -g
optimise_jitter  := -O2 -g
defines_small    := -DPLX_DEBUG=1
override SMALL   := $(if $(filter small,$(BUILD)),on,$(SMALL))
override JITTER  := $(if $(filter jitter,$(BUILD)),on,$(JITTER))

ifndef optimise_$(BUILD)
$(error BUILD=$(BUILD) is not known: release, debug, asan, tsan, small or jitter)
endif
$(foreach switch,TRACE SMALL JITTER,$(if $(filter on off,$($(switch))),,\
    $(error $(switch)=$($(switch)) is not known: on or off)))

OUT := build/$(BUILD)$(if $(filter-out small,$(BUILD)),$(if $(filter on,$(SMALL)),-small))$(strip \
           $(if $(filter-out jitter,$(BUILD)),$(if $(filter on,$(JITTER)),-jitter)))$(strip \
           $(if $(filter off,$(TRACE)),-notrace))

# ---- the machine: compiler and libraries ------------------------------------------------------------------

# Goals that need neither compiler nor library. `make -n` and `make -q` (bash's completion calls it) must
# not install anything either.
plain_goals := help where stress clean format format-check uninstall tags bench-readme
wanted      := $(filter-out $(plain_goals),$(or $(MAKECMDGOALS),all))
only_asking := $(findstring n,$(firstword -$(MAKEFLAGS)))$(findstring q,$(firstword -$(MAKEFLAGS)))

ifneq ($(wanted),)
ifeq ($(only_asking),)
include build/deps.mk
else
-include $(wildcard build/deps.mk)
endif
endif

# Another compiler, or another list of libraries, than the one that was looked at: look again.
ifneq ($(wanted),)
extras   := $(shell for need in $(EXTRA_NEEDS); do $(PKG_CONFIG) --exists $$need && echo $$need; done 2>/dev/null)
endif
deps_key := $(strip $(CC) | $(PKG_CONFIG) $(PKG_CONFIG_PATH) | $(VIZ_NEEDS) $(TEST_NEEDS) $(extras))
ifneq ($(DEPS_KEY),$(deps_key))
build/deps.mk: FORCE
endif

build/deps.mk: .ci/deps
	@CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' DEPS_KEY='$(deps_key)' \
	    sh .ci/deps $@ $(VIZ_NEEDS) $(TEST_NEEDS) $(extras)

# ---- flags ------------------------------------------------------------------------------------------------

warnings := -Wall -Wextra -Wpedantic -Wstrict-prototypes -Wmissing-prototypes -Wshadow \
            -Werror=int-conversion -Werror=incompatible-pointer-types $(if $(WERROR),-Werror)
# gcc takes `__extension__` for an answer; clang wants to be told as well.
ifneq ($(findstring clang,$(CC_VERSION)),)
warnings += -Wno-gnu-statement-expression -Wno-gnu-zero-variadic-macro-arguments
endif

libs_of   = $(foreach need,$1,$(LIBS_$(need)))
# The headers of others are not ours to warn about.
cflags_of = $(patsubst -I%,-isystem %,$(foreach need,$1,$(CFLAGS_$(need))))

defines      := -D_GNU_SOURCE $(defines_$(BUILD)) $(if $(filter off,$(TRACE)),-DPLX_TRACE=0) \
                $(if $(filter on,$(SMALL)),-DPLX_SMALL=1)
forced       := $(if $(filter on,$(JITTER)),-include tests/support/jitter.h)
base_cflags  := -std=gnu11 $(optimise_$(BUILD)) $(warnings) -pthread -MMD -MP -I. -Ilib $(defines) $(forced)
base_ldflags := $(optimise_$(BUILD)) -pthread

# The release's library is optimised as one (gcc only): its calls from file to file, a spawn alone has ten, are
# inlined. Programs link against ordinary code. Measured: spawn_many 76 -> 54 ns, ping_pong 200 -> 145.
whole      := $(if $(filter release,$(BUILD)),$(if $(findstring clang,$(CC_VERSION)),,-flto=auto))
cflags_lib := $(if $(whole),$(whole) -ffat-lto-objects)
cflags_viz     := -DPLX_VERSION='"$(VERSION)"' -DPLX_BUILD_DIR='"$(OUT)"' $(call cflags_of,$(VIZ_NEEDS))
cflags_lessons  = $(call cflags_of,$(needs_lessons/$*))
cflags_tests   := $(cflags_viz) $(call cflags_of,$(TEST_NEEDS))

libs_viz   := $(call libs_of,$(VIZ_NEEDS)) -lm
libs_tests := $(call libs_of,$(TEST_NEEDS)) $(libs_viz)

# ---- sources ----------------------------------------------------------------------------------------------

# All files below a folder whose names match a pattern; a space stands for no hidden file, as in the shell.
below = $(foreach entry,$(sort $(wildcard $1/*)),$(filter $(subst *,%,$2),$(entry)) $(call below,$(entry),$2))
objects = $(patsubst %.c,$(OUT)/obj/%.o,$1)

lib_sources     := $(call below,lib,*.c)
viz_main        := $(wildcard viz/command/main.c)
viz_sources     := $(filter-out $(viz_main),$(call below,viz,*.c))
lesson_sources  := $(foreach s,$(wildcard lessons/[0-9]*/*.c),\
                       $(if $(filter-out $(VIZ_NEEDS) $(extras),$(needs_$(basename $s))),,$s))
lesson_programs := $(patsubst %.c,$(OUT)/%,$(foreach s,$(lesson_sources),\
                       $(if $(filter exercise% wrong%,$(notdir $s)),,$s)))
test_files      := $(call below,tests,*.c)
test_sources    := $(foreach s,$(test_files),$(if $(filter test_%,$(notdir $s)),$s))
test_programs   := $(patsubst %.c,$(OUT)/%,$(test_sources))
test_helpers    := $(patsubst %.c,$(OUT)/%,$(wildcard tests/programs/*.c)) \
                   $(if $(wildcard tests/bench),$(addprefix $(OUT)/,\
                       pollux-bench pollux-replay-bench pollux-counts compare scaling))
test_scripts    := $(foreach s,$(call below,tests,*.sh),$(if $(filter test_%,$(notdir $s)),$s))
test_support    := $(wildcard tests/support/*.c)

all_sources := $(lib_sources) $(viz_sources) $(viz_main) $(lesson_sources) $(test_files)
headers     := $(call below,lib,*.h) $(call below,lib,*.def)

lib_archive     := $(OUT)/libpollux.a
parts_archive   := $(if $(whole),$(OUT)/libparts.a,$(lib_archive))
viz_archive     := $(OUT)/libpolluxviz.a
support_archive := $(OUT)/libsupport.a

# ---- rules ------------------------------------------------------------------------------------------------

# As many jobs as there are processors; the caller's own -j is stronger.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
MAKEFLAGS += --no-print-directory
# `make clean all` is a sequence.
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

quiet := $(if $(V),,@)
say    = $(if $(V),,@printf '  %-7s %s\n' '$1' '$2')

.PHONY: all lib viz lessons tests notrace check demo FORCE
FORCE:

all: lib viz lessons tests
lib: $(lib_archive)
viz: $(if $(viz_main),$(OUT)/pollux current)
lessons: $(lesson_programs)
tests: $(test_programs) $(test_helpers)

# What objects and archives are made with is written down, and compared with what they would be made with now.
flags_text   := $(strip $(CC) / $(CC_VERSION) / $(base_cflags) $(cflags_lib) $(cflags_tests) $(CPPFLAGS) $(CFLAGS) / \
                    $(base_ldflags) $(libs_tests) $(LDFLAGS))
lib_text     := $(strip $(lib_sources))
viz_text     := $(strip $(viz_sources))
support_text := $(strip $(test_support))
shell_quote   = '$(subst ','\'',$1)'

define stamp_rule
ifneq ($$(file <$(OUT)/$1),$$($1_text))
$(OUT)/$1: FORCE
endif
$(OUT)/$1:
	@mkdir -p $$(@D)
	@printf '%s\n' $$(call shell_quote,$$($1_text)) >$$@
endef
$(foreach stamp,flags lib viz support,$(eval $(call stamp_rule,$(stamp))))

define compile_rule
$$(OUT)/obj/$1/%.o: $1/%.c $$(OUT)/flags
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(quiet)$$(CC) $$(base_cflags) $$(cflags_$1) $$(CPPFLAGS) $$(CFLAGS) -c -o $$@ $$<
endef
$(foreach part,lib viz lessons tests,$(eval $(call compile_rule,$(part))))

define archive
	$(call say,AR,$@)
	@rm -f $@
	$(quiet)$(AR) rcs $@ $(filter %.o,$^)
endef
define link
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(quiet)$(CC) $(base_ldflags) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $1
endef

$(parts_archive): $(call objects,$(lib_sources)) $(OUT)/lib
	$(archive)
ifneq ($(whole),)
$(OUT)/obj/libpollux.o: $(parts_archive)
	$(call say,LTO,$@)
	$(quiet)$(CC) $(base_cflags) $(CFLAGS) $(whole) -nostdlib -r -flinker-output=nolto-rel -o $@ \
	    $(call objects,$(lib_sources))
$(lib_archive): $(OUT)/obj/libpollux.o
	$(archive)
endif
$(viz_archive): $(call objects,$(viz_sources)) $(OUT)/viz
	$(archive)
$(support_archive): $(call objects,$(test_support)) $(OUT)/support
	$(archive)

$(OUT)/pollux: $(call objects,$(viz_main)) $(viz_archive) $(lib_archive)
	$(call link,$(libs_viz))
$(OUT)/lessons/%: $(OUT)/obj/lessons/%.o $(lib_archive)
	$(call link,$(call libs_of,$(needs_lessons/$*)))
$(OUT)/tests/programs/%: $(OUT)/obj/tests/programs/%.o $(lib_archive)
	$(call link)
$(filter $(OUT)/tests/faults/%,$(test_programs)): $(OUT)/obj/tests/faults/interpose.o
$(OUT)/tests/%: $(OUT)/obj/tests/%.o $(support_archive) $(viz_archive) $(lib_archive)
	$(call link,$(libs_tests))

# These include a file of the library to build it in their own way: they take only what else they need.
tests_with_parts := $(addprefix $(OUT)/tests/,stress/test_queues unit/trace/test_jitter unit/scheduler/test_deque)
$(tests_with_parts): $(OUT)/tests/%: $(OUT)/obj/tests/%.o $(support_archive) $(viz_archive) $(parts_archive)
	$(call link,$(libs_tests))

# The benchmarks: ours, the viewer's, the program whose instructions are counted, and what compares.
comparing := $(call objects,$(filter-out %/compare.c %/scaling.c,$(wildcard tests/bench/compare/*.c)))
$(OUT)/pollux-bench: $(call objects,$(wildcard tests/bench/*.c)) $(lib_archive)
	$(call link)
$(OUT)/pollux-replay-bench: $(call objects,$(wildcard tests/bench/replay/*.c)) $(viz_archive)
	$(call link,$(call libs_of,libcjson) -lm)
$(OUT)/pollux-counts: $(call objects,$(wildcard tests/bench/counts/*.c)) $(lib_archive)
	$(call link)
$(OUT)/compare $(OUT)/scaling: $(OUT)/%: $(OUT)/obj/tests/bench/compare/%.o $(comparing)
	$(call link,$(call libs_of,libcjson) -lm)
$(OUT)/tests/unit/bench/test_figures: $(comparing)

.PHONY: current
current: $(OUT)/pollux
	@[ "$$(readlink pollux)" = $< ] || ln -sfn $< pollux

-include $(patsubst %.c,$(OUT)/obj/%.d,$(all_sources))

# ---- tests ------------------------------------------------------------------------------------------------

# A test looks at the compiled code of a build without tracing; that build is small.
ifeq ($(BUILD)-$(TRACE),release-on)
check: notrace
endif
notrace:
	@$(MAKE) $(if $(V),,-s) BUILD=$(BUILD) TRACE=off OUT=$(OUT)-notrace lib lessons

check: all
	@BUILD=$(BUILD) JITTER=$(JITTER) CC='$(CC)' TEST_JOBS=$(TEST_JOBS) tests/run -m '$(T)' -o $(OUT) \
	    $(test_programs) $(test_scripts)

# ---- benchmarks -------------------------------------------------------------------------------------------

# Figures of other builds than release would only mislead; that is said before anything is built.
ifneq ($(filter bench bench-peers bench-scaling bench-replay,$(MAKECMDGOALS)),)
ifneq ($(BUILD)-$(SMALL)-$(JITTER)-$(TRACE),release-off-off-on)
$(error make $(filter bench%,$(MAKECMDGOALS)): only the plain release build is measured and compared)
endif
endif

.PHONY: bench bench-replay bench-peers bench-scaling bench-readme counts-record
bench: $(OUT)/pollux-bench $(OUT)/pollux-replay-bench
	@$< list | while read -r name n; do $< $$name || exit; done
	@$(OUT)/pollux-replay-bench list | while read -r name n; do $(OUT)/pollux-replay-bench $$name || exit; done

# The viewer's side alone, with a trace as long as you like: make bench-replay N=30000000
N ?= 1000000
bench-replay: $(OUT)/pollux-replay-bench
	@$< list | while read -r name n; do $< $$name $(N) || exit; done

# Side by side with the peers, in turn: the table, build/bench.json, bench.md and a picture.
# make bench-peers BENCHES='spawn_many mpsc' ROUNDS=3
ROUNDS ?= 6
bench-peers: $(OUT)/pollux-bench $(OUT)/pollux-replay-bench $(OUT)/compare
	@sh tests/bench/peers/build build/peers
	@LOAD_CLIENT=build/peers/load-client $(OUT)/compare -r $(ROUNDS) -v $(OUT)/pollux-replay-bench \
	    -o build/bench.json -p build/bench.svg -m build/bench.md \
	    $(BENCHES:%=-b %) pollux=$(OUT)/pollux-bench $$(cat build/peers/list)
	@echo 'Written: build/bench.json, build/bench.md, build/bench.svg'

# The table of the last `make bench-peers`, put into README.
bench-readme:
	@tests/bench/readme build/bench.md README.md

# Curves: over the number of workers, of tasks, timers and connections.
bench-scaling: ROUNDS := $(if $(filter-out file,$(origin ROUNDS)),$(ROUNDS),3)
bench-scaling: $(OUT)/pollux-bench $(OUT)/scaling
	@sh tests/bench/peers/build build/peers
	@$(OUT)/scaling -r $(ROUNDS) -o build/scaling.json -p build/scaling.svg \
	    $(BENCHES:%=-b %) pollux=$(OUT)/pollux-bench $$(cat build/peers/list)
	@echo 'Written: build/scaling.json, build/scaling.svg'

# How many instructions spawn, poll, wake … take, written down anew: see tests/bench/counts.
counts-record: $(OUT)/pollux-counts
	@tests/bench/counts/count -o $(OUT) -r

# ---- demo -------------------------------------------------------------------------------------------------

demo_program := $(OUT)/lessons/04-chains/demo
demo_trace   := build/demo.jsonl
# Without a terminal: NotReady on its way out; the first two steps are done; the end. A moment that did not
# come in this run is left out.
demo_moments := 'not_ready task=1; not_ready task=1; not_ready task=1' \
                'ready task=1; ready task=1' 'task_end task=1'

demo: viz lessons
	@echo 'Recording: ./pollux record -o $(demo_trace) $(demo_program)'
	@./pollux record -o $(demo_trace) $(demo_program)
	@if [ -t 0 ] && [ -t 1 ]; then \
	    exec ./pollux play $(demo_trace); \
	else \
	    for moment in $(demo_moments); do \
	        event=$$(./pollux picture $(demo_trace) --find "$$moment" --number 2>/dev/null) || continue; \
	        ./pollux view $(demo_trace) --at $${event%% *} --plain || exit; echo; \
	    done; \
	    echo 'No terminal here. In one, this plays the trace:  ./pollux play $(demo_trace)'; \
	fi

.PHONY: where stress
where: # everything is made, for scripts
	@echo $(OUT)

# Ten minutes of all stress programs together: make stress MINUTES=10
MINUTES ?= 1
stress:
	@tests/stress/all -m $(MINUTES)

.PHONY: help deps clean format format-check schema slides traces captures install uninstall tags
clean:
	rm -rf build pollux tags

deps:
	@echo 'All that is needed is here: $(CC_VERSION); $(VIZ_NEEDS) $(TEST_NEEDS)'

# ---- installation -----------------------------------------------------------------------------------------

BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR    ?= $(PREFIX)/share

INSTALL    ?= install
bin_dir     = $(DESTDIR)$(BINDIR)
lib_dir     = $(DESTDIR)$(LIBDIR)
include_dir = $(DESTDIR)$(INCLUDEDIR)/pollux
share_dir   = $(DESTDIR)$(DATADIR)/pollux
man_dir     = $(DESTDIR)$(DATADIR)/man/man1
bash_dir    = $(DESTDIR)$(DATADIR)/bash-completion/completions

# The course and its traces go along as they are: a student builds the programs with pkg-config's flags.
shared_files := $(call below,lessons,*) $(wildcard traces/*.jsonl traces/schema.json traces/SCHEMA.md)
man_page     := $(wildcard viz/command/pollux.1)
completion   := $(wildcard viz/command/pollux.bash)

# $(call install_tree,FILES,FOLDER): each file under its own path
install_tree = for file in $1; do \
        [ -d $$file ] || $(INSTALL) -D -m $$([ -x $$file ] && echo 755 || echo 644) $$file $2/$$file || exit; \
    done

install: lib viz
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(quiet)$(INSTALL) -D -m 755 $(OUT)/pollux $(bin_dir)/pollux
	$(quiet)$(INSTALL) -D -m 644 $(lib_archive) $(lib_dir)/libpollux.a
	$(quiet)mkdir -p $(lib_dir)/pkgconfig
	$(quiet)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' \
	    -e 's|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|' \
	    -e 's|@VERSION@|$(VERSION)|' -e 's|@DEFINES@|$(filter-out -D_GNU_SOURCE,$(defines))|' \
	    lib/pollux.pc.in >$(lib_dir)/pkgconfig/pollux.pc
	$(quiet)$(call install_tree,$(headers),$(include_dir))
	$(quiet)$(call install_tree,$(shared_files),$(share_dir))
ifneq ($(man_page),)
	$(quiet)$(INSTALL) -D -m 644 $(man_page) $(man_dir)/pollux.1
endif
ifneq ($(completion),)
	$(quiet)$(INSTALL) -D -m 644 $(completion) $(bash_dir)/pollux
endif

uninstall:
	rm -f $(bin_dir)/pollux $(lib_dir)/libpollux.a $(lib_dir)/pkgconfig/pollux.pc $(man_dir)/pollux.1 $(bash_dir)/pollux
	rm -rf $(include_dir) $(share_dir)

# ---- made files that are committed, and the form of the code ----------------------------------------------

CLANG_FORMAT ?= $(shell command -v clang-format-14 || echo clang-format)
formatted     = $(call below,lib,*.c) $(call below,lib,*.h) $(call below,viz,*.c) $(call below,viz,*.h) \
                $(call below,lessons,*.c) $(call below,lessons,*.h) $(call below,tests,*.c) $(call below,tests,*.h)

format:
	$(call say,FORMAT,$(words $(formatted)) files)
	$(quiet)$(CLANG_FORMAT) -i $(formatted)

format-check:
	$(call say,FORMAT,$(words $(formatted)) files looked at)
	@wrong=; for file in $(formatted); do \
	    $(CLANG_FORMAT) $$file | cmp -s - $$file || wrong="$$wrong $$file"; \
	done; \
	[ -z "$$wrong" ] || { echo "Not laid out by .clang-format (make format does it):"; \
	    printf '    %s\n' $$wrong; exit 1; }

tags:
	$(quiet)ctags -R lib viz lessons tests

schema: viz
	$(call say,MAKE,traces/schema.json traces/SCHEMA.md)
	$(quiet)./pollux schema >$(OUT)/schema && mv $(OUT)/schema traces/schema.json
	$(quiet)./pollux schema --markdown >$(OUT)/schema && mv $(OUT)/schema traces/SCHEMA.md

slides: viz
	$(quiet)slides/build

traces: lessons $(OUT)/tests/programs/waiting
	$(call say,RECORD,traces)
	$(quiet)tests/tools/record-traces $(OUT) traces

captures: viz slides
	$(quiet)tests/tools/capture $(PICTURES)

# ---- help -------------------------------------------------------------------------------------------------

define help_text
Pollux $(VERSION)

  make               build everything: library, viewer, lessons, tests
  make demo          record the five-step client against its server, and play it
  make check         build everything and run every test; T=part runs those with "part" in their path
  make bench         our benchmarks; make bench-peers runs Tokio, Go and libuv beside them
  make bench-scaling curves over workers, tasks, timers and connections; make bench-replay the viewer's side
  make counts-record writes down anew how many instructions the hot paths take
  make stress        all stress programs together, with thread sanitizer and jitter, for MINUTES=1

  make lib           the library libpollux.a alone (also: viz, lessons, tests)
  make deps          look for compiler and libraries, and install what is missing
  make install       install into PREFIX; make uninstall takes it out again
  make slides        the deck, as one HTML file
  make traces        record the committed traces anew
  make schema        the trace's schema and its page, from the event table
  make captures      the pictures for README and documents
  make format        lay out the C code; make format-check only looks
  make tags          an index for editors
  make clean         remove everything made

  BUILD=release      or debug, asan (address and undefined behaviour), tsan (threads)   now: $(BUILD)
  SMALL=on           short queues, narrow counters, laid over it; BUILD=small: that alone
  JITTER=on          threads give way at atomics, by chance; BUILD=jitter: that alone
  TRACE=on           off builds the trace out, into $(OUT:-notrace=)-notrace/               now: $(TRACE)
  CC=gcc             or clang; another compiler or other flags build anew                now: $(CC)
  CFLAGS= LDFLAGS=   put after ours
  WERROR=1           a warning is an error
  V=1                show the commands
  PREFIX=/usr/local  where to install; DESTDIR= is put before it
  TEST_JOBS=2        test programs at a time; TEST_TIMEOUT=120 seconds each
  OUT=$(OUT)  where everything is made

Everything made lies in $(OUT)/; ./pollux leads to the viewer built last.
endef

export help_text
help:
	@printf '%s\n' "$$help_text"
