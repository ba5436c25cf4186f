package io.darex.bench.cli;

import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Progress;
import io.darex.bench.encoder.Backend;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.pipeline.UsableModel;
import io.darex.bench.task.Column;
import io.darex.bench.task.FileFormat;
import io.darex.bench.task.TextRows;
import io.darex.bench.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code darex predict}: texts in, labels and probabilities out. */
@Command(
    name = "predict",
    description = {
      "Label texts with a fine-tuned checkpoint, or with a base and a delta on it.",
      "Prints for each text its index, the label, and the probability of each label; with a"
          + " regression the score. Texts are read from FILE, or from standard input."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  darex predict --model tuned texts.txt",
      "  darex predict --base minilm-l6 --delta d.safetensors --text sentence t.tsv"
    })
final class PredictCommand implements Callable<Integer> {
  private static final Path STANDARD_INPUT = Path.of("standard input");

  @ParentCommand private Main main;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      description = "Texts: one a line, or columns of TSV, JSON lines or Parquet.")
  private List<Path> files = List.of();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "The fine-tuned checkpoint, a Hugging Face folder.")
  private String model;

  @Option(
      names = "--base",
      paramLabel = "CHECKPOINT",
      description = "Instead of --model, the base of --delta: a folder or a built-in encoder.")
  private String base;

  @Option(
      names = "--delta",
      paramLabel = "DELTA",
      description = "Sparse delta, or folder of a PEFT adapter, to apply to --base.")
  private Path delta;

  @Mixin private EngineOption engine;

  @Option(
      names = "--text",
      paramLabel = "COLUMN",
      description =
          "Column of the text: its name, or its number from 0. Without it each line is a text; in"
              + " JSON lines and Parquet its column is text.")
  private String text;

  @Option(
      names = "--second",
      paramLabel = "COLUMN",
      description = "Column of the second text of a pair.")
  private String second;

  @Option(
      names = "--index",
      paramLabel = "COLUMN",
      description = "Column that names the texts in the output; default: their places from 0.")
  private String index;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "tsv, jsonl or parquet; default: by the ending of the file, else tsv.")
  private FileFormat format;

  @Option(
      names = "--no-header",
      description = "The first line of a TSV is a text, and columns have numbers only.")
  private boolean noHeader;

  @Option(
      names = "--classes",
      paramLabel = "LABEL",
      split = ",",
      description =
          "Names of the model's classes, in their order; default: id2label in its config.json.")
  private List<String> classes;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "Longest text in tokens; default: as long as model and tokenizer take.")
  private Integer maxLength;

  @Option(names = "--json", description = "Print JSON lines instead of TSV.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Console console = main.console();
    if (model == null ? base == null || delta == null : base != null || delta != null) {
      throw new BadInputException("expected either --model, or --base and --delta");
    }
    // Whatever is wrong with the columns of a file is said before a model is opened.
    List<TextRows> rows =
        files.isEmpty() ? List.of(rows(STANDARD_INPUT)) : files.stream().map(this::rows).toList();
    Backend.prepare(console);
    UsableModel used =
        UsableModel.open(model == null ? base : model, Optional.ofNullable(delta), console::say);
    EncoderConfig config = named(used);
    int longest = used.longest(maxLength);
    try (Tokenizer tokenizer = used.tokenizer(longest);
        Encoder encoder = used.encoder(engine.choice(), config);
        Progress progress = console.progressOfUnknown("predict", "texts")) {
      Predictor predictor =
          new Predictor(used.source(), encoder, tokenizer, json, console, progress);
      if (files.isEmpty()) {
        rows.get(0).read(STANDARD_INPUT, System.in, predictor);
      }
      for (int i = 0; i < files.size(); i++) {
        rows.get(i).read(files.get(i), predictor);
      }
      predictor.flush();
      if (tokenizer.cut() > 0) {
        console.say(
            String.format(
                Locale.ROOT,
                "%d of %d texts are longer than %d tokens and were cut",
                tokenizer.cut(),
                predictor.done(),
                longest));
      }
    }
    return 0;
  }

  /** The config, its classes called as is asked for. */
  private EncoderConfig named(UsableModel used) {
    EncoderConfig config = used.withHead();
    if (classes == null) {
      return config;
    }
    if (classes.size() != config.classes() || new HashSet<>(classes).size() != classes.size()) {
      throw new BadInputException(
          "--classes: expected "
              + config.classes()
              + " different names, as many as the model has classes, got "
              + String.join(",", classes));
    }
    return config.withLabels(classes);
  }

  private TextRows rows(Path file) {
    FileFormat used = format == null ? FileFormat.of(file) : format;
    boolean byName = used.namesColumns();
    if (byName && noHeader) {
      throw new BadInputException("--no-header: expected tsv, got " + used + " in " + file);
    }
    if (text == null && !byName && (second != null || index != null || noHeader)) {
      throw new BadInputException(
          "expected --text with --second, --index and --no-header, got none");
    }
    return new TextRows(
        used,
        !byName && !noHeader,
        column("--text", text == null && byName ? "text" : text, byName),
        column("--second", second, byName),
        column("--index", index, byName));
  }

  private Optional<Column> column(String option, String name, boolean byName) {
    if (name == null) {
      return Optional.empty();
    }
    if (!byName && name.matches("\\d{1,6}")) {
      return Optional.of(Column.at(Integer.parseInt(name)));
    }
    if (noHeader) {
      throw new BadInputException(
          option + ": expected the number of a column, from 0, without a header, got " + name);
    }
    return Optional.of(Column.named(name));
  }
}
