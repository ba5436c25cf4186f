package io.darex.bench.pipeline;

import io.darex.bench.calibration.CalibrationSize;
import io.darex.bench.calibration.CalibrationTexts;
import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.encoder.Softmax;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.bench.task.TaskTexts;
import io.darex.bench.task.TextBatches;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.RandomMask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What can be seen of a q without labels, beside what it scores: src/study/q.sh, which says how it
 * is called. Masks are random. A line for each seed and q has
 *
 * <ul>
 *   <li>on the texts of calibration the mean |change| of the last hidden state, the paper's 1/q_e,
 *   <li>on the texts for validation the mean |change| of the classes' probabilities, the mean of
 *       its square, and the share of texts whose class is another,
 *   <li>the metric on the texts for validation, and on those of dev.
 * </ul>
 *
 * <p>The first two lines are of the tuned model, and of the base with its head.
 */
public final class QStudy {
  private final LoadedEncoder encoder;
  private final TextBatches calibration;
  private final float[][] states;
  private final TaskTexts validation;
  private final TaskTexts dev;
  private final float[][] wanted;

  private QStudy(CalibrationTexts texts, LoadedEncoder encoder, Splits splits, Checkpoint tuned) {
    this.encoder = encoder;
    calibration = new TextBatches(texts.texts());
    states = states(encoder.with(tuned));
    validation = splits.validation();
    dev = splits.dev();
    wanted = validation.perText(encoder.with(tuned)::logits);
  }

  private void print(String what, Checkpoint model) {
    Encoder loaded = encoder.with(model);
    double hidden = meanChange(states(loaded));
    float[][] logits = validation.perText(loaded::logits);
    double change = 0;
    double squared = 0;
    int others = 0;
    for (int text = 0; text < logits.length; text++) {
      double[] before = Softmax.of(wanted[text]);
      double[] after = Softmax.of(logits[text]);
      for (int k = 0; k < before.length; k++) {
        change += Math.abs(after[k] - before[k]) / before.length;
        squared += Math.pow(after[k] - before[k], 2) / before.length;
      }
      others += label(wanted[text]).equals(label(logits[text])) ? 0 : 1;
    }
    double scored = validation.score(validation.order(loaded).answers(logits));
    System.out.printf(
        Locale.ROOT,
        "%s\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f%n",
        what,
        hidden,
        change / logits.length,
        squared / logits.length,
        others / (double) logits.length,
        scored,
        dev.score(dev.answers(loaded)));
  }

  private String label(float[] logits) {
    return Prediction.of(encoder.config(), logits).label().orElseThrow();
  }

  /** The states of the real tokens of each batch. */
  private float[][] states(Encoder loaded) {
    int width = loaded.config().hiddenSize();
    List<float[]> states = new ArrayList<>();
    for (Batch batch : calibration.batches()) {
      float[] padded = loaded.lastHidden(batch);
      for (int token = 0; token < batch.mask().length; token++) {
        if (batch.mask()[token] == 1) {
          states.add(Arrays.copyOfRange(padded, token * width, (token + 1) * width));
        }
      }
    }
    return states.toArray(float[][]::new);
  }

  private double meanChange(float[][] other) {
    double sum = 0;
    for (int token = 0; token < states.length; token++) {
      for (int i = 0; i < states[token].length; i++) {
        sum += Math.abs((double) other[token][i] - states[token][i]) / states[token].length;
      }
    }
    return sum / states.length;
  }

  /** As the class says. */
  public static void main(String[] arguments) throws Exception {
    Task task = Task.named(arguments[0]);
    Pretrained pretrained = Pretrained.of(arguments[1]);
    DataFolder glue = new DataFolder(Optional.of(Path.of(arguments[2])), System.err::println);
    Path folder = FineTuned.given(Path.of(arguments[4]));
    double dropRate = Double.parseDouble(arguments[5]);
    Checkpoint tuned = HuggingFaceFolder.open(folder);
    EncoderConfig config = EncoderConfig.of(tuned);
    TaskData data = task.load(glue, Long.parseLong(arguments[3]));
    try (Tokenizer tokenizer = pretrained.tokenizer().open(config.maxTokens(), config.vocabSize());
        LoadedEncoder encoder = new LoadedEncoder(Encoders.open(config, tuned, 0))) {
      Splits splits = Splits.of(tokenizer, data, task);
      CalibrationTexts texts =
          CalibrationTexts.of(tokenizer, data.train(), CalibrationSize.DEFAULT);
      QStudy study = new QStudy(texts, encoder, splits, tuned);
      Checkpoint base = pretrained.checkpoint();
      Delta delta = new Pruning(new RandomMask(0, dropRate)).delta(base, tuned);
      System.out.println("p\tseed\tq\thidden\tprobability\tsquared\tclass\tvalidation\tdev");
      study.print("0\t\t1", tuned);
      study.print("1\t\t1", FineTuned.withHeadOf(delta));
      for (String seed : arguments[6].split(",", -1)) {
        RandomMask mask = new RandomMask(Long.parseLong(seed), dropRate);
        SparseDelta pruned = new Pruning(mask).prune(delta, 2);
        for (String q : arguments[7].split(",", -1)) {
          study.print(
              dropRate + "\t" + seed + "\t" + q,
              pruned.withScale(Scale.of(Double.parseDouble(q))).applyTo(base));
        }
      }
    }
  }
}
