package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/shrink"
	"github.com/raftkv/raftkv/raftkv/check"
	protocolrun "github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/whole"
)

// prey is a bug, and what became of it.
type prey struct {
	bug       string
	scenarios []string // that catch it
	found     *catch   // by a seed; nil for none
	took      time.Duration
	small     *shrink.Result // what is left of that seed's run when it is shrunk
}

// mostLeft are the faults, and the operations, that are left at most when the run of a bug is shrunk: a person reads
// that many.
const mostLeft = 8

// fine says whether a bug is caught by a seed, and shrunk to what a person reads.
func (p *prey) fine() bool {
	return p.found != nil && p.small.After.Faults <= mostLeft && p.small.After.Operations <= mostLeft
}

// hunt looks for what catches a bug of a protocol.
func hunt(ctx context.Context, of *whole.Protocol, bug protocolrun.Bug) (prey, error) {
	p := prey{bug: bug.Name}
	var err error
	if p.scenarios, err = catching(ctx, of, bug); err != nil {
		return p, err
	}
	began := time.Now()
	if p.found, err = search(ctx, of, bug, 1, mostSeeds); err != nil || p.found == nil {
		return p, err
	}
	p.took = time.Since(began)
	p.small, err = shrink.Shrink(ctx, p.found.config, shrink.Options{})
	return p, err
}

// catch is a run in which a bug was caught.
type catch struct {
	seed      uint64
	config    *config.Config
	violation *check.Violation
}

// profileOfHunts is the profile of faults that bugs are looked for in.
const profileOfHunts = "mixed"

// search runs seeds with a bug until one violates an invariant that the bug is known to break; nil if none does.
func search(ctx context.Context, of *whole.Protocol, bug protocolrun.Bug, first, last uint64) (*catch, error) {
	for seed := first; seed <= last; seed++ {
		c, err := resolve("", profileOfHunts, config.SetKey("-seed", "seed", strconv.FormatUint(seed, 10)),
			config.SetString("-protocol", "protocol", of.Run.Name), config.SetString("-bug", "bug", bug.Name))
		if err != nil {
			return nil, err
		}
		violation, err := violationOf(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("seed %d: %w", seed, err)
		}
		if breaks(bug, violation) {
			return &catch{seed, c, violation}, nil
		}
	}
	return nil, nil // nothing found is no error
}

// catching are the scenarios of a protocol, with seeds of their own, in which a bug is caught.
func catching(ctx context.Context, of *whole.Protocol, bug protocolrun.Bug) ([]string, error) {
	var names []string
	for _, s := range library.BuiltIn() {
		if request := (config.Request{Scenario: s}); request.Protocol() != of {
			continue
		}
		is, err := catches(ctx, s.Name, bug)
		if err != nil {
			return nil, err
		}
		if is {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

// catches says whether a bug is caught in a scenario, with the seed that it has.
func catches(ctx context.Context, scenario string, bug protocolrun.Bug) (bool, error) {
	c, err := resolve(scenario, "", config.SetString("-bug", "bug", bug.Name))
	if err != nil {
		return false, err
	}
	violation, err := violationOf(ctx, c)
	if err != nil {
		return false, fmt.Errorf("%s: %w", scenario, err)
	}
	return breaks(bug, violation), nil
}

// breaks says whether a violation is of an invariant that the bug is known to break.
func breaks(bug protocolrun.Bug, v *check.Violation) bool {
	return v != nil && slices.Contains(bug.CaughtBy, v.Invariant.Name)
}

func resolve(scenario, faults string, overrides ...config.Override) (*config.Config, error) {
	request, err := library.Request(scenario, faults, overrides)
	if err != nil {
		return nil, err
	}
	resolved, err := config.Resolve(request)
	if err != nil {
		return nil, err
	}
	return resolved.Config, nil
}

func violationOf(ctx context.Context, c *config.Config) (*check.Violation, error) {
	result, err := cluster.New(c, cluster.Options{}).Run(ctx)
	if err != nil {
		return nil, err
	}
	return result.Checks.Violation, nil
}
