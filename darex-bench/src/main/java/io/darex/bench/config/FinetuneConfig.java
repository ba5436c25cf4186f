package io.darex.bench.config;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.darex.optim.Penalty;
import io.darex.prune.parameter.Range;
import java.nio.file.Path;
import java.util.List;
import lombok.Builder;
import lombok.With;

/**
 * How an encoder is fine-tuned: the {@code finetune} section. What it does not name follows the
 * {@link FinetuneDefaults} of task and encoder.
 *
 * @param optimizer one of {@link #OPTIMIZERS}
 * @param lambda λ, the strength of AdamR's pull (0 for {@code adam})
 * @param normalisation {@code global} or {@code none}: whether the pull is divided by s
 * @param learningRate peak of the linear schedule
 * @param epochs passes over the training sentences that the schedule is made for
 * @param batchSize sentences a step
 * @param maxLength tokens a sentence is cut to, special tokens included
 * @param warmup share of the steps in which the rate rises
 * @param maxGradientNorm global norm to which gradients are clipped; 0 switches clipping off
 * @param seed of the head's first values, the order of batches, dropout and the train/validation
 *     split
 * @param limit how many training sentences to use, and of validation a quarter as many; 0 takes all
 * @param patience epochs without a better validation score after which training stops; 0 never
 *     does. Where it is not named it is the recipe's 3 with the recipe's epochs, and 0 where epochs
 *     are named: who asks for five gets five
 * @param lora how low-rank factors are trained; null where all weights are
 * @param support a sparse-delta file, whose kept entries alone are trained, from its values on
 *     (docs/METHOD.md §4.4); null where all weights are
 */
@Builder(toBuilder = true)
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
    @With long seed,
    int limit,
    // Left out of the job's digest where it changes nothing: fine-tunes made before it stay valid.
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int patience,
    @JsonInclude(JsonInclude.Include.NON_NULL) LoraConfig lora,
    @JsonIgnore Path support) { // its content is in the job's digest, not where it lies
  /** The optimisers by name: AdamR with each penalty, and Adam, which is AdamR with λ = 0. */
  public static final List<String> OPTIMIZERS =
      List.of("adamr-l2", "adamr-l1", "adamr-l1-prox", "adam");

  /** The keys that matter to a training alone; the others say what is evaluated too. */
  private static final List<String> TRAINED =
      List.of(
          "optimizer",
          "lambda",
          "normalisation",
          "learningRate",
          "epochs",
          "batchSize",
          "warmup",
          "maxGradientNorm",
          "patience",
          "support");

  private static final Range COUNT_OR_ZERO = Range.whole(0, Integer.MAX_VALUE);

  /** How the weights are found, in the words of a report: {@code adam, LoRA of rank 8}. */
  public String method() {
    if (support != null) {
      return optimizer + ", entries of " + support.getFileName();
    }
    return lora == null ? optimizer : optimizer + ", LoRA of rank " + lora.rank();
  }

  /** How the optimiser pulls; {@code adam}, whose λ is 0, does so in any way. */
  public Penalty penalty() {
    return optimizer.equals("adam") ? Penalty.L2 : Penalty.of(optimizer.replace("adamr-", ""));
  }

  /** Refuses what only a training would read. */
  static void requireUntrained(Section section) {
    for (String key : TRAINED) {
      if (section.has(key)) {
        throw section.bad(key, "no " + key + " beside 'tuned', which is not trained");
      }
    }
  }

  /**
   * Reads the section.
   *
   * @return one for each value of {@code seed}, which is an axis; nothing else tells them apart
   */
  static List<FinetuneConfig> from(Section section, FinetuneDefaults recipe) {
    LoraConfig lora = section.has("lora") ? LoraConfig.from(section.section("lora"), recipe) : null;
    String optimizer = section.name("optimizer", lora == null ? "adamr-l2" : "adam", OPTIMIZERS);
    int patience = section.has("epochs") ? 0 : FinetuneDefaults.PATIENCE;
    boolean pulls = !optimizer.equals("adam");
    if (!pulls && section.has("lambda")) {
      throw section.bad("lambda", "no lambda with optimizer adam, which has no pull");
    }
    if (pulls && lora != null) {
      throw section.bad(
          "optimizer", "adam with lora, whose factors have no anchor to be pulled to");
    }
    List<Long> seeds =
        section.numbers("seed", List.of(0.0), Range.SEED).stream().map(Double::longValue).toList();
    double rate = lora == null ? recipe.learningRate() : FinetuneDefaults.LORA_RATE;
    FinetuneConfig config =
        FinetuneConfig.builder()
            .optimizer(optimizer)
            .lambda(section.number("lambda", pulls ? 1e-4 : 0, Range.NOT_NEGATIVE))
            .normalisation(section.name("normalisation", "global", List.of("global", "none")))
            .learningRate(section.number("learningRate", rate, Range.POSITIVE))
            .epochs((int) section.whole("epochs", FinetuneDefaults.EPOCHS, Range.COUNT))
            .batchSize((int) section.whole("batchSize", FinetuneDefaults.BATCH_SIZE, Range.COUNT))
            .maxLength(
                (int) section.whole("maxLength", FinetuneDefaults.MAX_LENGTH, Range.whole(8, 512)))
            .warmup(section.number("warmup", FinetuneDefaults.WARMUP, Range.SHARE))
            .maxGradientNorm(section.number("maxGradientNorm", 1, Range.NOT_NEGATIVE))
            .seed(seeds.get(0))
            .limit((int) section.whole("limit", 0, COUNT_OR_ZERO))
            .patience((int) section.whole("patience", patience, COUNT_OR_ZERO))
            .lora(lora)
            .support(support(section, lora))
            .build();
    section.end();
    return seeds.stream().map(config::withSeed).toList();
  }

  /** A file beside this one, unless its path is absolute. */
  private static Path support(Section section, LoraConfig lora) {
    if (!section.has("support")) {
      return null;
    }
    if (lora != null) {
      throw section.bad("support", "no support with lora, which trains factors");
    }
    return section.beside("support", section.text("support", null));
  }
}
