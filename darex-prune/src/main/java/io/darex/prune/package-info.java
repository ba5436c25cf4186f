/**
 * The vocabulary of delta pruning.
 *
 * <p>A tuned {@link io.darex.prune.Checkpoint} minus its base is a delta; a mask says which entries
 * stay; a {@link io.darex.prune.Scale} holds the q by which the kept ones are divided; kept
 * entries, q and provenance are a sparse delta, which applied to the base is the pruned checkpoint;
 * an {@link io.darex.prune.Objective} scores a checkpoint.
 */
package io.darex.prune;
