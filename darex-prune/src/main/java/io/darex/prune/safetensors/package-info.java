/**
 * The safetensors format; it knows nothing of deltas.
 *
 * <p>Internal: public for other rooms of darex alone, and may change in any version.
 */
package io.darex.prune.safetensors;
