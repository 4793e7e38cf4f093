# The one entry for people and CI; the work is done by infra/local/*.sh. Ports and paths come from the environment
# (docs/interfaces.md); `make up RUN_DIR=... SMPP_PORT=...` works as well, for make exports what it is given.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.PHONY: help run up down reset test unit check build format smsc sqs load bench chaos fuzz

help: ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1 \2/p' Makefile | while read -r target words; do printf '  make %-7s %s\n' "$$target" "$$words"; done

run: ## set up, build and run the platform in the foreground, with an operator's simulator; Ctrl-C drains and stops everything
	@exec env --default-signal=INT infra/local/platform.sh run

up: ## the same in the background; returns when ready; keeps what runs, starts what died; PROFILE=services: as six processes; PLATFORM_QUEUE=postgres, sqs or amqp
	@infra/local/platform.sh up

down: ## drain and stop, leaving no process
	@infra/local/platform.sh down

reset: ## down, and remove all state (RUN_DIR)
	@infra/local/platform.sh reset

test: ## all tests, set-up included; ends with one line: N passed, N failed, N skipped
	@infra/local/tests.sh all

unit: ## the fast tests: no server, no broker
	@infra/local/tests.sh unit

check: ## formatting, analyzers with warnings as errors, locked restore, scripts' syntax
	@infra/local/check.sh

build: ## set up and build everything
	@infra/local/platform.sh build

format: ## format the C# sources
	@dotnet tool restore >/dev/null && dotnet csharpier format .

smsc: ## the operator's simulator alone, in the foreground, options by environment (SMSC_*)
	@exec env --default-signal=INT infra/local/platform.sh smsc

sqs: ## an SQS-compatible endpoint alone, in the foreground, in memory, on SQS_PORT (4566)
	@exec env --default-signal=INT infra/local/platform.sh sqs

chaos: ## the fault tests at CHAOS_SCALE (5) times their size: kills between any two steps, database, operator, drain, two processes, six processes, a customer with a backlog, a rolling restart, attacks; CHAOS_ONLY=AttackTests,... runs these classes or tests alone
	@infra/local/tests.sh chaos

load: ## a load client against the gateway, options by environment (LOAD_*; LOAD_HELP=1 lists them)
	@exec env --default-signal=INT infra/local/platform.sh load

bench: ## figures: codec, session, queue, ledger and the whole path, options by environment (BENCH_*; BENCH_HELP=1 lists them)
	@exec env --default-signal=INT infra/local/bench.sh

fuzz: ## mutated octets for every decoder of the protocol library, options by environment (FUZZ_*; FUZZ_HELP=1 lists them)
	@exec env --default-signal=INT infra/local/fuzz.sh
