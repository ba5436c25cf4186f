package io.darex.bench.config;

import io.darex.optim.Penalty;
import java.util.List;

/**
 * How an encoder is fine-tuned: the {@code finetune} section.
 *
 * @param optimizer one of {@link #OPTIMIZERS}
 * @param lambda λ, the strength of AdamR's pull (0 for {@code adam})
 * @param normalisation {@code global} or {@code none}: whether the pull is divided by s
 * @param learningRate peak of the linear schedule
 * @param epochs passes over the training sentences
 * @param batchSize sentences a step
 * @param maxLength tokens a sentence is cut to, special tokens included
 * @param warmup share of the steps in which the rate rises
 * @param maxGradientNorm global norm to which gradients are clipped; 0 switches clipping off
 * @param seed of the head's first values, the order of batches, dropout and the train/validation
 *     split
 * @param limit how many training sentences to use; 0 takes all
 */
public record FinetuneConfig(
    String optimizer,
    double lambda,
    String normalisation,
    double learningRate,
    int epochs,
    int batchSize,
    int maxLength,
    double warmup,
    double maxGradientNorm,
    long seed,
    int limit) {
  /** The optimisers by name: AdamR with each penalty, and Adam, which is AdamR with λ = 0. */
  public static final List<String> OPTIMIZERS =
      List.of("adamr-l2", "adamr-l1", "adamr-l1-prox", "adam");

  private static final Range COUNT = Range.whole(1, Integer.MAX_VALUE);
  private static final Range COUNT_OR_ZERO = Range.whole(0, Integer.MAX_VALUE);

  /** How the optimiser pulls; {@code adam}, whose λ is 0, does so in any way. */
  public Penalty penalty() {
    return optimizer.equals("adam") ? Penalty.L2 : Penalty.of(optimizer.replace("adamr-", ""));
  }

  static FinetuneConfig from(Section section) {
    String optimizer = section.name("optimizer", "adamr-l2", OPTIMIZERS);
    boolean pulls = !optimizer.equals("adam");
    if (!pulls && section.has("lambda")) {
      throw section.bad("lambda", "no lambda with optimizer adam, which has no pull");
    }
    FinetuneConfig config =
        new FinetuneConfig(
            optimizer,
            section.number("lambda", pulls ? 1e-4 : 0, Range.NOT_NEGATIVE),
            section.name("normalisation", "global", List.of("global", "none")),
            section.number("learningRate", 5e-5, Range.POSITIVE),
            (int) section.whole("epochs", 3, COUNT),
            (int) section.whole("batchSize", 16, COUNT),
            (int) section.whole("maxLength", 128, Range.whole(8, 512)),
            section.number("warmup", 0.06, Range.SHARE),
            section.number("maxGradientNorm", 1, Range.NOT_NEGATIVE),
            section.whole("seed", 0, Range.whole(-(1L << 53), 1L << 53)),
            (int) section.whole("limit", 0, COUNT_OR_ZERO));
    section.end();
    return config;
  }
}
