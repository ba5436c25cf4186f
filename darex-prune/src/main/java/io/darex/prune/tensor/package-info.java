/**
 * Tensors: in memory, computed from others, or of another type.
 *
 * <p>Internal: public for other rooms of darex alone, and may change in any version.
 */
package io.darex.prune.tensor;
