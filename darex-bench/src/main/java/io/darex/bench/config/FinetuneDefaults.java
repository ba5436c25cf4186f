package io.darex.bench.config;

import io.darex.bench.encoder.Family;
import java.util.List;
import java.util.Set;

/**
 * What fine-tuning takes where a configuration does not say: docs/METHOD.md §4.2, the paper's
 * recipe for encoders. Early stopping is ours.
 *
 * @param learningRate peak of the linear schedule
 * @param targets the modules that LoRA adapts, query and value, as the family calls them
 */
record FinetuneDefaults(double learningRate, List<String> targets) {
  /** The peak where LoRA trains factors: Hu et al. 2021, table 9, for GLUE. */
  static final double LORA_RATE = 5e-4;

  static final int EPOCHS = 10;
  static final int BATCH_SIZE = 16;
  static final int MAX_LENGTH = 128;
  static final double WARMUP = 0.06;

  /**
   * Epochs without a better validation score after which the recipe's {@link #EPOCHS} are broken
   * off. A third of them: the schedule falls over all ten, so a late epoch may still be the best.
   */
  static final int PATIENCE = 3;

  private static final double HIGH = 5e-5;
  private static final double LOW = 1e-5;

  /** The tasks that BERT learns at the low rate; WNLI, which the paper leaves out, as RTE. */
  private static final Set<String> BERT_LOW = Set.of("sst-2", "qqp", "mnli", "qnli", "rte", "wnli");

  /**
   * The recipe of a task: one table for RoBERTa and its like, and that of BERT for all other
   * families.
   *
   * @param task its name; one that is not of GLUE takes what the family takes for small tasks
   */
  static FinetuneDefaults of(Family family, String task) {
    boolean low = family.body() == Family.ROBERTA ? !task.equals("mrpc") : BERT_LOW.contains(task);
    boolean distil = family == Family.DISTILBERT;
    List<String> targets = distil ? List.of("q_lin", "v_lin") : List.of("query", "value");
    return new FinetuneDefaults(low ? LOW : HIGH, targets);
  }
}
