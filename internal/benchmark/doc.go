// Package benchmark compares plinth with named peers in one run: ratios, not seconds. It holds benchmarks only; their
// tables are in docs/benchmarks.
package benchmark
