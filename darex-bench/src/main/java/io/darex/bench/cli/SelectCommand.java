package io.darex.bench.cli;

import io.darex.bench.config.Rate;
import io.darex.bench.config.TaskConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Size;
import io.darex.bench.encoder.Backend;
import io.darex.bench.pipeline.TunedModel;
import io.darex.bench.report.Made;
import io.darex.bench.select.Answer;
import io.darex.bench.select.RecipeText;
import io.darex.bench.select.SelectJob;
import io.darex.bench.select.SelectPage;
import io.darex.bench.select.Smallest;
import io.darex.bench.select.Target;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Example;
import io.darex.bench.task.Partition;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.prune.Checkpoint;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.Output;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code darex select}: which way to prune a delta, and with which numbers. */
@Command(
    name = "select",
    description = {
      "Find the smallest file that still does the job, and write a recipe for darex prune.",
      "By default that loses at most a point of the task's metric. With --drop-rate or --bytes it"
          + " compares all methods there. It tries them on the validation split, which is drawn"
          + " from train. Dev is never read."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  darex select --base base --tuned tuned --task agreement --drop-rate 0.99",
      "  darex select --base base --tuned tuned --calibration texts.txt --bytes 5MB"
    })
final class SelectCommand implements Callable<Integer> {
  /** The mask seed that darex prune takes by default is the first. */
  private static final long FIRST_SEED = 42;

  /** A point. */
  private static final double TOLERANCE = 0.01;

  private static final int MOST_SEEDS = 100;

  /** More than calibration takes by its default size. */
  private static final int CALIBRATION_LINES = 1000;

  @ParentCommand private Main main;

  @Option(
      names = "--base",
      paramLabel = "CHECKPOINT",
      converter = CheckpointPath.class,
      required = true,
      description =
          "The pre-trained checkpoint: a Hugging Face folder, or a file of safetensors or torch.")
  private Path base;

  @Option(
      names = "--tuned",
      paramLabel = "CHECKPOINT",
      converter = CheckpointPath.class,
      required = true,
      description =
          "The fine-tuned checkpoint; to try methods, a folder with config and tokenizer.")
  private Path tuned;

  @Option(
      names = "--drop-rate",
      paramLabel = "P",
      converter = Rate.class,
      description = "Target: the fraction of the entries dropped, in [0, 1).")
  private Double dropRate;

  @Option(
      names = "--bytes",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Target: the largest file, such as 2MB.")
  private Long bytes;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description =
          "Target: the smallest file that loses no more than X of the metric; default: 0.01. Needs"
              + " --task.")
  private Double tolerance;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description = "Task whose labels the methods are compared by: a name, or a YAML file.")
  private String taskArgument;

  @Mixin private ClassesOption classes;

  @Mixin private EngineOption engine;

  @Option(
      names = "--glue",
      paramLabel = "DIR",
      description = "GLUE folder, TSV or the hub's Parquet; only train is read.")
  private Path glue;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed that draws the validation split; default: 0, as in a run.")
  private long seed;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description = "Texts, one a line; default: the task's train texts without their labels.")
  private Path calibration;

  @Option(names = "--may-train", description = "Consider fine-tuning the model again.")
  private boolean mayTrain;

  @Option(names = "--columns", description = "Try masks of whole columns too.")
  private boolean columns;

  @Option(
      names = "--trial-seeds",
      paramLabel = "N",
      defaultValue = "2",
      description = "Seeds to measure a drawn mask with; default: ${DEFAULT-VALUE}.")
  private int trialSeeds;

  @Option(
      names = "--trial-texts",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Most validation texts to compare on; default: ${DEFAULT-VALUE}.")
  private int trialTexts;

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description = "YAML to write for darex prune --config; a q for each tensor goes beside it.")
  private Path recipe;

  @Option(names = "--out", paramLabel = "FILE", description = "HTML report to write.")
  private Path out;

  @Option(names = "--force", description = "Replace outputs that exist; never an input.")
  private boolean force;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Optional<Target> target = target();
    checkOptions();
    Optional<Task> task = Optional.ofNullable(taskArgument).map(TaskConfig::of);
    DataFolder data = new DataFolder(Optional.ofNullable(glue), main.console()::say);
    if (task.isPresent() || calibration != null) {
      Backend.prepare(main.console());
    }
    HuggingFaceFolder.beside(base).ifPresent(main.console()::say);
    HuggingFaceFolder.beside(tuned).ifPresent(main.console()::say);
    SelectJob.Request request =
        new SelectJob.Request(
            base,
            tuned,
            new TunedModel.Source(
                Optional.ofNullable(calibration),
                task,
                classes.given(),
                data,
                seed,
                trialTexts,
                engine.choice(),
                main.console()::say),
            mayTrain,
            columns,
            LongStream.range(FIRST_SEED, FIRST_SEED + trialSeeds).boxed().toList(),
            calibration == null
                ? beside("calibration.txt").getFileName().toString()
                : calibration.toAbsolutePath().normalize().toString());
    SelectJob job = new SelectJob(request, main.console());
    if (target.isEmpty()) {
      smallest(job);
      return 0;
    }
    Answer answer = job.run(target.get());
    write(answer, task, data);
    SelectText text = new SelectText(answer, beside("q.yml").getFileName().toString());
    if (json) {
      main.console().json(text.json());
    } else {
      text.print(main.console().out());
    }
    return 0;
  }

  private void smallest(SelectJob job) throws IOException {
    Smallest smallest = job.smallest(tolerance == null ? TOLERANCE : tolerance);
    String command = command(smallest.recipe());
    if (recipe != null) {
      write(recipe, smallest.recipe().yaml(""));
    }
    if (out != null) {
      write(out, SelectPage.of(smallest, command, made()));
    }
    SmallestText text = new SmallestText(smallest, command);
    if (json) {
      main.console().json(text.json());
    } else {
      text.print(main.console().out());
    }
  }

  private Made made() throws IOException {
    Checkpoint opened = HuggingFaceFolder.open(base);
    Map<String, String> digests =
        Map.of(
            "base", CheckpointDigest.of(opened),
            "tuned", CheckpointDigest.of(HuggingFaceFolder.openTuned(tuned, opened)));
    return Made.here(engine.choice().toString(), CheckpointPath.text(base), digests, "");
  }

  /** What makes the file. */
  private String command(RecipeText text) {
    String keys =
        recipe != null
            ? "--config " + recipe
            : text.keys().entrySet().stream()
                .map(key -> RecipeOptions.name(key.getKey()) + " " + key.getValue())
                .collect(Collectors.joining(" "));
    return "darex prune --base "
        + CheckpointPath.text(base)
        + " --tuned "
        + CheckpointPath.text(tuned)
        + " "
        + keys
        + " --out FILE";
  }

  /** Empty where a tolerated loss is. */
  private Optional<Target> target() {
    List<String> given =
        Stream.of(
                dropRate == null ? "" : "--drop-rate",
                bytes == null ? "" : "--bytes",
                tolerance == null ? "" : "--tolerance")
            .filter(name -> !name.isEmpty())
            .toList();
    if (given.size() > 1) {
      throw new BadInputException(
          "expected one target, --drop-rate, --bytes or --tolerance, got "
              + String.join(" and ", given));
    }
    if (dropRate != null) {
      return Optional.of(new Target.Rate(dropRate));
    }
    if (bytes != null) {
      return Optional.of(new Target.Bytes(bytes));
    }
    if (tolerance != null && !(tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY)) {
      throw new BadInputException("--tolerance: expected a number of at least 0, got " + tolerance);
    }
    if (taskArgument == null) {
      throw new BadInputException(
          tolerance == null
              ? "expected --task, for the smallest file that loses at most a point, or a target,"
                  + " --drop-rate or --bytes, got none"
              : "--tolerance: expected --task, whose labels a loss is measured by, got none");
    }
    if (mayTrain || columns) {
      throw new BadInputException(
          (mayTrain ? "--may-train" : "--columns")
              + ": expected --drop-rate or --bytes, for which methods are compared, got neither");
    }
    return Optional.empty();
  }

  private void checkOptions() throws IOException {
    if (trialSeeds < 1 || trialSeeds > MOST_SEEDS) {
      throw new BadInputException(
          "--trial-seeds: expected a number from 1 to " + MOST_SEEDS + ", got " + trialSeeds);
    }
    if (trialTexts < 1) {
      throw new BadInputException("--trial-texts: expected at least 1, got " + trialTexts);
    }
    if (engine.given() && taskArgument == null && calibration == null) {
      throw new BadInputException(
          "--engine: expected --task or --calibration with it, as without texts nothing is"
              + " computed, got neither");
    }
    requireFree();
  }

  /** Refuses all that cannot be written, before the work. */
  private void requireFree() throws IOException {
    List<Path> inputs = Inputs.of(base, tuned, glue, calibration).andTask(taskArgument).paths();
    List<Path> outputs = new ArrayList<>();
    if (recipe != null) {
      outputs.addAll(List.of(recipe, beside("q.yml")));
      if (calibration == null) {
        outputs.add(beside("calibration.txt"));
      }
    }
    if (out != null) {
      outputs.add(out);
    }
    Set<Path> distinct = new HashSet<>();
    for (Path file : outputs) {
      Output.requireFile(file, force, inputs);
      if (!distinct.add(Output.real(file))) {
        throw new BadInputException(
            file + ": expected another name for each file that is written, got one for two");
      }
    }
  }

  /**
   * {@code FILE-suffix} beside the recipe {@code FILE.yml}, or the suffix alone where there is
   * none. The recipe calls it by its bare name, which is read from beside it.
   */
  private Path beside(String suffix) {
    if (recipe == null) {
      return Path.of(suffix);
    }
    String stem = recipe.getFileName().toString().replaceFirst("(?<=.)\\.[^.]*$", "");
    return recipe.resolveSibling(stem + "-" + suffix);
  }

  private void write(Answer answer, Optional<Task> task, DataFolder data) throws IOException {
    String qFile = beside("q.yml").getFileName().toString();
    if (recipe != null) {
      write(recipe, answer.recipe().yaml(qFile));
      if (answer.recipe().hasQFile()) {
        write(beside("q.yml"), answer.recipe().qYaml());
      }
      if (answer.recipe().keys().containsKey("calibration") && calibration == null) {
        write(beside("calibration.txt"), texts(task.orElseThrow(), data));
      }
    }
    if (out != null) {
      write(out, SelectPage.of(answer, qFile, command(answer.recipe()), made()));
    }
  }

  /** The texts that a mask's inputs are recorded on, one a line. */
  private String texts(Task task, DataFolder data) {
    List<Example> train = task.source().parts(Partition.TRAIN, data).get(0).examples();
    return TaskData.split(train, List.of(), seed).train().stream()
        .limit(CALIBRATION_LINES)
        .map(each -> (each.text() + " " + each.second().orElse("")).replaceAll("\\s+", " ").strip())
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private void write(Path file, String content) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    AtomicWrite.file(file, force, temporary -> Files.write(temporary, bytes));
    main.console().say("written: " + file);
  }
}
