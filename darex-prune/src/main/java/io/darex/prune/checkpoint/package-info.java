/** Checkpoints and sparse deltas as files. */
package io.darex.prune.checkpoint;
