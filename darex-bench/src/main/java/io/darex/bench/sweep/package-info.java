/** Sweeps: many runs over a space of configurations, on Arbiter, with a journal to go on from. */
package io.darex.bench.sweep;
