/**
 * Pre-trained encoders: their configuration, weights, and the engine that computes logits and
 * gradients.
 *
 * <p>Callers see {@link io.darex.bench.encoder.Encoder}; an engine is one implementation of it.
 */
package io.darex.bench.encoder;
