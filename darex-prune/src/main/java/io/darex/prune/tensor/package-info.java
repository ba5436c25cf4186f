/** Tensors: in memory, computed from others, or of another type. */
package io.darex.prune.tensor;
