/** The sparse-delta file, and the jobs that write, apply and verify one. */
package io.darex.prune.delta;
