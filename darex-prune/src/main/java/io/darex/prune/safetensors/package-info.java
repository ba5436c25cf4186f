/** The safetensors format; it knows nothing of deltas. */
package io.darex.prune.safetensors;
