/**
 * AdamR for Deeplearning4j: Adam with a pull toward the pre-trained weights, the anchor.
 *
 * <p>{@link io.darex.optim.AdamR} is the configuration, a bean in the manner of DL4J's own {@code
 * Adam}. What it needs beyond an updater is one scalar over all anchored parameters, so a step ends
 * only after the last gradient. {@code AdamR.attach} sees to that in all of DL4J's networks, {@link
 * io.darex.optim.AdamROptimizer} in a training loop of one's own, and all run the same step. {@link
 * io.darex.optim.Anchor} says what is pulled and toward what, {@link io.darex.optim.DeltaListener}
 * shows how far it got.
 */
package io.darex.optim;
