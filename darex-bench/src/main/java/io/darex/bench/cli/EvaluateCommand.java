package io.darex.bench.cli;

import io.darex.bench.config.TaskConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Backend;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.MultiplyAdds;
import io.darex.bench.pipeline.Evaluation;
import io.darex.bench.pipeline.UsableModel;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Part;
import io.darex.bench.task.Partition;
import io.darex.bench.task.Predictions;
import io.darex.bench.task.Task;
import io.darex.bench.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code darex evaluate}: a checkpoint, or a base with a sparse delta on it, scored on a task. */
@Command(
    name = "evaluate",
    description = {
      "Score a fine-tuned checkpoint, or a base with a delta on it, on a task.",
      "With --delta the delta is applied to the base in memory and nothing dense is written."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  darex evaluate --model tuned --task cola --glue GLUE",
      "  darex evaluate --model base --delta d.safetensors --task cola --glue GLUE"
    })
final class EvaluateCommand implements Callable<Integer> {
  /** What {@code --split} takes. */
  enum Split {
    TRAIN,
    VALIDATION,
    DEV,
    TEST;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @ParentCommand private Main main;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description =
          "The checkpoint, a Hugging Face folder; with --delta its base, which may be the name of a"
              + " built-in encoder.")
  private String model;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      required = true,
      description = "Name of a task, or a YAML file that describes one.")
  private String taskArgument;

  @Mixin private ClassesOption classes;

  @Mixin private EngineOption engine;

  @Option(
      names = "--glue",
      paramLabel = "DIR",
      description = "GLUE folder: TSV as DIR/CoLA/dev.tsv, or the hub's Parquet.")
  private Path glue;

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      defaultValue = "dev",
      description = "dev (the default), test, train, or validation: a tenth of train, by --seed.")
  private Split split;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed that draws the validation split; default: 0, as in a run.")
  private long seed;

  @Option(
      names = "--delta",
      paramLabel = "FILE",
      description = "Sparse delta, or folder of a PEFT adapter, to apply to --model.")
  private Path delta;

  @Option(
      names = "--beside",
      description =
          "With a sparse --delta: keep it beside the base's weights, which are not written, never"
              + " compute the entries that it drops, and print how many multiply-adds that saves.")
  private boolean beside;

  @Option(
      names = "--predictions",
      paramLabel = "FILE",
      description =
          "TSV to write: index, prediction, label. Of several dev sets the first goes into FILE,"
              + " the others beside it. Replaces older predictions, but no other file.")
  private Path predictions;

  @Option(
      names = "--submission",
      paramLabel = "DIR",
      description = "Folder to write GLUE submission files into; with --split test.")
  private Path submission;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "Longest text in tokens; default: as long as model and tokenizer take.")
  private Integer maxLength;

  @Option(
      names = "--batch-tokens",
      paramLabel = "N",
      description = "Most tokens of a batch, padding included; default: ${DEFAULT-VALUE}.")
  private int batchTokens = Evaluation.BATCH_TOKENS;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Task task = TaskConfig.of(taskArgument);
    checkOptions(task);
    Inputs inputs = Inputs.of(delta, glue).andModel(model).andTask(taskArgument);
    if (predictions != null) {
      Predictions.requireOurs(predictions, inputs.paths());
    }
    Backend.prepare(main.console());
    UsableModel used = UsableModel.open(model, Optional.ofNullable(delta), main.console()::say);
    EncoderConfig config =
        Evaluation.scorable(
            used.config(),
            used.weights(),
            task,
            classes.given(),
            used.source(),
            main.console()::say);
    List<Part> parts = parts(task);
    requireFree(task, parts, inputs);
    List<Evaluation> evaluations = new ArrayList<>();
    Optional<MultiplyAdds> work;
    int longest = used.longest(maxLength);
    try (Tokenizer tokenizer = used.tokenizer(longest);
        Encoder encoder =
            beside
                ? used.encoderWithDeltaBeside(engine.choice(), config)
                : used.encoder(engine.choice(), config)) {
      for (Part part : parts) {
        Evaluation evaluation = Evaluation.of(encoder, tokenizer, task, part, batchTokens);
        evaluations.add(evaluation);
        if (evaluation.cut() > 0) {
          main.console()
              .say(
                  String.format(
                      Locale.ROOT,
                      "%s: %d of %d texts are longer than %d tokens and were cut",
                      part.name(),
                      evaluation.cut(),
                      part.examples().size(),
                      longest));
        }
      }
      work = beside ? Optional.of(encoder.multiplyAdds()) : Optional.empty();
    }
    write(evaluations);
    new EvaluationText(model, Optional.ofNullable(delta), json, main.console())
        .print(task, evaluations, work);
    return 0;
  }

  private void checkOptions(Task task) {
    if (submission != null && (split != Split.TEST || task.submission().isEmpty())) {
      throw new BadInputException(
          "--submission: expected a task of GLUE and --split test, got "
              + task.name()
              + " and "
              + split);
    }
    if (split == Split.TEST && submission == null && predictions == null) {
      throw new BadInputException(
          "--split test: expected --submission or --predictions, as test has no labels to score"
              + " by, got neither");
    }
    if (beside && (delta == null || Files.isDirectory(delta))) {
      throw new BadInputException(
          "--beside: expected a sparse delta as --delta with it, got "
              + (delta == null ? "none" : "a PEFT adapter"));
    }
    if (batchTokens < 1) {
      throw new BadInputException("--batch-tokens: expected at least 1, got " + batchTokens);
    }
  }

  /** Refuses, before the work, outputs that are inputs or not ours to replace. */
  private void requireFree(Task task, List<Part> parts, Inputs inputs) throws IOException {
    for (int i = 0; i < parts.size(); i++) {
      if (predictions != null) {
        Predictions.requireOurs(i == 0 ? predictions : beside(parts.get(i)), inputs.paths());
      }
      if (submission != null) {
        Path file = submission.resolve(Predictions.submissionName(task, parts.get(i)));
        Predictions.requireOurs(file, inputs.paths());
      }
    }
  }

  private List<Part> parts(Task task) {
    DataFolder folder = new DataFolder(Optional.ofNullable(glue), main.console()::say);
    return switch (split) {
      case TRAIN -> task.source().parts(Partition.TRAIN, folder);
      case DEV -> task.source().parts(Partition.DEV, folder);
      case TEST -> task.source().parts(Partition.TEST, folder);
      case VALIDATION -> List.of(Part.of("validation", task.load(folder, seed).validation()));
    };
  }

  private void write(List<Evaluation> evaluations) throws IOException {
    for (int i = 0; i < evaluations.size(); i++) {
      if (predictions != null) {
        Path file = i == 0 ? predictions : beside(evaluations.get(i).predictions().part());
        evaluations.get(i).predictions().write(file);
        main.console().say("predictions: " + file);
      }
      if (submission != null) {
        Files.createDirectories(submission);
        Path file = evaluations.get(i).predictions().writeSubmission(submission);
        main.console().say("submission: " + file);
      }
    }
  }

  /** {@code FILE_dev_mismatched.tsv} for {@code FILE.tsv}. */
  private Path beside(Part part) {
    String name = predictions.getFileName().toString();
    int dot = name.lastIndexOf('.');
    int end = dot > 0 ? dot : name.length();
    return predictions.resolveSibling(
        name.substring(0, end) + "_" + part.name() + name.substring(end));
  }
}
