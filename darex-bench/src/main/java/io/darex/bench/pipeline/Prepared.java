package io.darex.bench.pipeline;

import io.darex.bench.calibration.CalibrationSize;
import io.darex.bench.calibration.CalibrationTexts;
import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.config.PruneConfig;
import io.darex.bench.config.RunConfig;
import io.darex.bench.console.Console;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Tensor;
import io.darex.prune.delta.Origin;
import io.darex.prune.delta.Pruner;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.SideFiles;
import io.darex.prune.rescale.Evidence;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a fine-tune and its cells read and none of them changes, so that any number of them can
 * share it.
 *
 * @param task what is learned
 * @param data its examples
 * @param pretrained the encoder it starts from
 * @param architecture that of the encoder, with a head for the task
 * @param support what a fine-tune starts from and trains, where it is a sparse delta
 * @param splits the examples, tokenised
 * @param calibration of the examples of train, without their labels
 */
record Prepared(
    Task task,
    TaskData data,
    Pretrained pretrained,
    EncoderConfig architecture,
    Optional<Support> support,
    Splits splits,
    CalibrationTexts calibration) {

  /** The examples of a configuration, as far as they are used. */
  static TaskData data(
      RunConfig config, FinetuneConfig finetune, Optional<Path> glue, Console console) {
    TaskData all = config.task().load(new DataFolder(glue, console::say), finetune.seed());
    return finetune.limit() == 0 ? all : all.limit(finetune.limit());
  }

  /** All that tells two of these apart. */
  static List<Object> key(RunConfig config, FinetuneConfig finetune) throws IOException {
    return List.of(
        config.task(),
        config.encoder(),
        config.tuned(),
        classes(config),
        Optional.ofNullable(finetune.support()),
        finetune.seed(),
        finetune.limit(),
        finetune.maxLength());
  }

  /** What the head puts out: a fine-tune that is given may have an order of its own. */
  private static List<String> classes(RunConfig config) throws IOException {
    return config.tuned().isPresent()
        ? FineTuned.config(FineTuned.given(config.tuned().get())).labels()
        : config.task().outputs();
  }

  /** That of the fine-tune that is given, where its folder has one; else the encoder's. */
  private static TokenizerFiles tokenizer(RunConfig config, Pretrained pretrained)
      throws IOException {
    if (config.tuned().isPresent()) {
      Path folder = FineTuned.given(config.tuned().get());
      if (SideFiles.haveTokenizer(folder)) {
        return TokenizerFiles.read(folder);
      }
    }
    return pretrained.tokenizer();
  }

  /**
   * Reads the encoder and tokenises.
   *
   * @throws io.darex.bench.console.BadInputException if the encoder's files or the support cannot
   *     be used
   */
  static Prepared of(RunConfig config, FinetuneConfig finetune, TaskData data, Console console)
      throws IOException {
    Task task = config.task();
    config.encoderFolder().flatMap(HuggingFaceFolder::beside).ifPresent(console::say);
    config.tuned().flatMap(HuggingFaceFolder::beside).ifPresent(console::say);
    Pretrained pretrained =
        config.encoderFolder().isPresent()
            ? Pretrained.open(config.encoderFolder().get())
            : BuiltInEncoders.read(config.encoder());
    EncoderConfig architecture = pretrained.config().withLabels(classes(config));
    Optional<Support> support = Optional.empty();
    if (finetune.support() != null) {
      support =
          Optional.of(Support.open(finetune.support(), pretrained, architecture, task, console));
    } else if (config.tuned().isEmpty()) {
      console.say("head: " + head(architecture, pretrained));
    }
    int longest = Math.min(finetune.maxLength(), architecture.maxTokens());
    try (Tokenizer tokenizer =
        tokenizer(config, pretrained).open(longest, architecture.vocabSize())) {
      console.say(
          String.format(
              Locale.ROOT,
              "%s: %d train, %d validation, %d dev texts",
              task.name(),
              data.train().size(),
              data.validation().size(),
              data.dev().size()));
      Splits splits = Splits.of(tokenizer, data, task);
      if (tokenizer.cut() > 0) {
        console.say(
            String.format(
                Locale.ROOT,
                "%s: %d texts are longer than %d tokens and are cut",
                task.name(),
                tokenizer.cut(),
                longest));
      }
      CalibrationTexts calibration =
          CalibrationTexts.of(tokenizer, data.train(), CalibrationSize.DEFAULT);
      return new Prepared(task, data, pretrained, architecture, support, splits, calibration);
    }
  }

  /**
   * Refuses sizes that no file of this fine-tune can have, before it is trained.
   *
   * @throws io.darex.prune.delta.TooSmallException as {@link Pruner#requireSize}
   */
  void requireSizes(PruneConfig config) {
    Checkpoint base = pretrained.checkpoint();
    Checkpoint tuned = architecture.undrawn(base);
    Origin origin = new Origin(Optional.empty(), new TreeMap<>(), true);
    for (PruneConfig.Method method : config.methods()) {
      if (method.recipe().bytes().isPresent()) {
        Delta delta = method.recipe().pruning().delta(base, tuned);
        new Pruner(method.recipe(), delta, Evidence.none(), origin, 1).requireSize();
      }
    }
  }

  /** The numbers of the model. */
  long parameters() {
    return pretrained.checkpoint().tensors().values().stream().mapToLong(Tensor::count).sum();
  }

  /** Where a fine-tune's head comes from. */
  private static String head(EncoderConfig architecture, Pretrained pretrained) {
    List<String> drawn = architecture.drawnLayers(pretrained.checkpoint());
    return drawn.isEmpty()
        ? "goes on from that of the encoder"
        : String.join(" and ", drawn) + " drawn, of which the encoder has none of these sizes";
  }
}
