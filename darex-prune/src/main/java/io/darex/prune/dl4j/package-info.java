/**
 * Models of Deeplearning4j and SameDiff in memory: as checkpoints, and as one base with many sparse
 * deltas to switch between. The only room of this module that knows ND4J, which is an optional
 * dependency.
 */
package io.darex.prune.dl4j;
