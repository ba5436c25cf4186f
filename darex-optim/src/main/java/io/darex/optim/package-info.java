/**
 * AdamR for Deeplearning4j: Adam with a pull toward the pre-trained weights, the anchor.
 *
 * <p>{@link io.darex.optim.AdamR} is the configuration, a bean in the manner of DL4J's own {@code
 * Adam}. What it needs beyond an updater is one scalar over all anchored parameters, so a step ends
 * only after the last gradient: {@link io.darex.optim.SameDiffAdamR} does that for {@code sd.fit},
 * {@link io.darex.optim.AdamROptimizer} for a training loop of one's own, and both run the same
 * step.
 */
package io.darex.optim;
