package io.darex.bench.cli;

import io.darex.bench.cluster.Cluster;
import io.darex.bench.cluster.PartWork;
import io.darex.bench.cluster.Work;
import io.darex.bench.config.KnownLoss;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Interruption;
import io.darex.bench.console.Progress;
import io.darex.bench.console.Size;
import io.darex.bench.console.Table;
import io.darex.bench.encoder.Backend;
import io.darex.bench.pipeline.TunedModel;
import io.darex.prune.Scale;
import io.darex.prune.delta.DividedPruning;
import io.darex.prune.delta.PruneJob;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.PeftAdapter;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.rescale.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code darex prune}: base and tuned checkpoint to a sparse delta. */
@Command(
    name = "prune",
    description = {
      "Prune what fine-tuning changed: two checkpoints in, one sparse delta out.",
      "Killed and run again, it continues."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    customSynopsis = {
      "darex prune --base CHECKPOINT --tuned CHECKPOINT --out FILE [OPTIONS]",
      "       darex prune --adapter DIR --out DIR [OPTIONS]"
    },
    footer = {
      "",
      "Examples:",
      "  darex prune --base bert --tuned bert-sst2 --out d.safetensors",
      "  darex prune --base bert --tuned bert-sst2 --bytes 400KB --out d.safetensors",
      "  darex prune --adapter bert-sst2-lora --drop-rate 0.5 --out pruned-lora"
    })
final class PruneCommand implements Callable<Integer> {
  private static final double PERCENT = 100;

  /** Below this share of zeros a delta is as dense as any. */
  private static final double SPARSE = 0.01;

  @ParentCommand private Main main;

  @Option(
      names = "--base",
      paramLabel = "CHECKPOINT",
      converter = CheckpointPath.class,
      description =
          "The pre-trained checkpoint: a Hugging Face folder, or a file of safetensors or torch.")
  private Path base;

  @Option(
      names = "--tuned",
      paramLabel = "CHECKPOINT",
      converter = CheckpointPath.class,
      description = "The fine-tuned checkpoint, or a PEFT LoRA adapter of the base.")
  private Path tuned;

  @Mixin private FactorOptions factors;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The sparse delta to write; with --adapter the folder to write.")
  private Path out;

  @Spec private CommandSpec spec;

  @Mixin private TextOptions texts;

  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Spark cluster to do the work, such as local[2] or spark://host:7077; its machines must"
              + " see the same files. The output is the same.")
  private String master;

  @Option(
      names = "--no-digest",
      description = "Record no digests of the checkpoints; each takes a full read.")
  private boolean noDigest;

  @Mixin private WorkOptions work;

  @Option(names = "--dry-run", description = "Print what would be done, and stop.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print the result as one line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    RecipeOptions options = new RecipeOptions(spec.commandLine().getParseResult());
    if (factors.given()) {
      if (base != null || tuned != null || noDigest || master != null || texts.given()) {
        throw new BadInputException(
            "--adapter: expected no --base, --tuned, --no-digest, --master and no texts, got one"
                + " of them; --tuned takes an adapter too, for its product B·A");
      }
      factors.prune(options, out, work, dryRun, json, main.console());
      return 0;
    }
    factors.requireNone();
    if (base == null || tuned == null) {
      throw new BadInputException(
          "expected --base and --tuned, or --adapter, got "
              + (base != null ? "--base alone" : tuned != null ? "--tuned alone" : "none"));
    }
    Recipe recipe = options.recipe();
    TunedModel.Source texts = this.texts.source(recipe, options.calibration(), main.console());
    boolean reads = !recipe.needsWeightsAlone();
    PruneJob.Settings settings =
        new PruneJob.Settings(
            recipe, reads ? Optional.of(texts.words()) : Optional.empty(), !noDigest);
    Inputs inputs = options.inputs().and(base, tuned);
    this.texts.inputs().paths().forEach(inputs::and);
    work.requireFile(out, inputs);
    PruneJob job = PruneJob.open(base, tuned, settings);
    Optional<DividedPruning> divided = Optional.ofNullable(master).map(url -> divided(job));
    Console console = main.console();
    if (dryRun) {
      preflight(job).forEach(console.out()::println);
      requireRoom(job);
      return 0;
    }
    preflight(job).forEach(console::say);
    requireRoom(job);
    KnownLoss.of(recipe, job.denseBytes()).ifPresent(console::say);
    long start = System.nanoTime();
    PruneJob.Outcome outcome;
    if (divided.isPresent()) {
      outcome =
          Interruption.during(
              console,
              () -> "parts that are done stay, the same command goes on",
              () -> onCluster(divided.get(), recipe));
    } else if (reads) {
      Backend.prepare(console);
      try (TunedModel model = TunedModel.open(tuned, texts);
          Progress progress = console.progressOfBytes("prune", job.expectedBytes())) {
        Evidence evidence = model.evidence(job.delta()).withProgress(point -> say(point, console));
        outcome = job.run(out, work.options(progress), evidence);
      }
    } else {
      try (Progress progress = console.progressOfBytes("prune", job.expectedBytes())) {
        outcome = job.run(out, work.options(progress));
      }
    }
    report(job, outcome, Duration.ofNanos(System.nanoTime() - start));
    return 0;
  }

  private static DividedPruning divided(PruneJob job) {
    try {
      return new DividedPruning(job);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--master: " + e.getMessage(), e);
    }
  }

  private PruneJob.Outcome onCluster(DividedPruning job, Recipe recipe) throws IOException {
    Console console = main.console();
    console.say("connecting to " + master);
    try (Cluster cluster = Cluster.open(master, 1)) {
      return job.run(out, work.options(), parts -> onCluster(cluster, recipe, parts));
    }
  }

  private void onCluster(Cluster cluster, Recipe recipe, List<DividedPruning.Part> parts)
      throws IOException {
    String json = recipe.json();
    List<PartWork> tasks =
        parts.stream()
            .map(
                part ->
                    new PartWork(
                        Work.path(base),
                        Work.path(tuned),
                        json,
                        Work.path(part.file()),
                        part.names(),
                        part.entries()))
            .toList();
    try (Progress progress = main.console().progress("parts", tasks.size())) {
      cluster.run(tasks, part -> progress.step(Path.of(part).getFileName().toString()));
    }
  }

  private static void say(Point point, Console console) {
    console.say(String.format(Locale.ROOT, "q = %.4g scores %.5g", point.q(), point.score()));
  }

  private List<String> preflight(PruneJob job) throws IOException {
    List<String> lines = new ArrayList<>();
    HuggingFaceFolder.beside(base).ifPresent(lines::add);
    HuggingFaceFolder.beside(tuned).ifPresent(lines::add);
    lines.addAll(job.report());
    if (PeftAdapter.isAt(tuned)) {
      lines.add(storage("about ", job.expectedBytes()));
    }
    lines.add(
        "file: about "
            + Size.text(job.expectedBytes())
            + ", "
            + Size.text(room())
            + " free; the tuned model has "
            + Size.text(job.denseBytes()));
    lines.add(
        "memory: about "
            + Size.text(job.expectedMemory())
            + " beside the JVM's own, "
            + Size.text(Runtime.getRuntime().maxMemory())
            + " allowed");
    return lines;
  }

  /** Whether a sparse delta of B·A is smaller than the adapter, from the bytes of both. */
  private String storage(String about, long bytes) throws IOException {
    long own = PeftAdapter.open(tuned).bytes();
    return "adapter: its values take "
        + Size.text(own)
        + ", the sparse delta of its B·A "
        + about
        + Size.text(bytes)
        + (bytes < own
            ? ": pruning B·A pays"
            : ": pruning B·A does not pay, prune --adapter prunes its factors");
  }

  private void requireRoom(PruneJob job) throws IOException {
    // Parts and what is put together of them lie on the disk at the same time.
    long needed = master == null ? job.expectedBytes() : 2 * job.expectedBytes();
    if (room() < needed) {
      throw new BadInputException(
          out
              + ": expected room for about "
              + Size.text(needed)
              + ", the disk has "
              + Size.text(room())
              + " free");
    }
    if (Runtime.getRuntime().maxMemory() < job.expectedMemory()) {
      throw new BadInputException(
          "expected about "
              + Size.text(job.expectedMemory())
              + " of memory, the JVM is allowed "
              + Size.text(Runtime.getRuntime().maxMemory())
              + ": set DAREX_JAVA_OPTS=-Xmx… or use a mask that is drawn, such as random");
    }
  }

  /** Free bytes of the disk that the output goes to, whose folders need not be there yet. */
  private long room() throws IOException {
    Path folder = out.toAbsolutePath().getParent();
    while (!Files.exists(folder)) {
      folder = folder.getParent();
    }
    return Files.getFileStore(folder).getUsableSpace();
  }

  private void report(PruneJob job, PruneJob.Outcome outcome, Duration taken) throws IOException {
    Console console = main.console();
    double ratio = (double) job.denseBytes() / outcome.bytes();
    boolean sparse = outcome.zeroShare() >= SPARSE;
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("file", out.toString());
      result.put("entries", outcome.entries());
      result.put("kept", outcome.kept());
      result.put("bytes", outcome.bytes());
      result.put("denseBytes", job.denseBytes());
      result.put("ratio", ratio);
      result.put("q", outcome.scale().fallback());
      result.put("qPerTensor", new TreeMap<>(outcome.scale().perTensor()));
      result.put("zeroShare", outcome.zeroShare());
      result.put("effectiveDropRate", outcome.effectiveDropRate());
      result.put("seconds", seconds(taken));
      result.put("digestSeconds", seconds(outcome.waited()));
      console.json(result);
    } else {
      console
          .out()
          .printf(
              Locale.ROOT,
              "%s: kept %,d of %,d entries, %s, %.1f times smaller, q %s%n",
              out,
              outcome.kept(),
              outcome.entries(),
              Size.text(outcome.bytes()),
              ratio,
              q(outcome.scale()));
      if (sparse) {
        console
            .out()
            .printf(
                Locale.ROOT,
                "%.1f %% of the delta was zero already: of about %,d entries that changed %,d are"
                    + " kept; effective total drop rate %.5g%n",
                PERCENT * outcome.zeroShare(),
                Math.round(outcome.entries() * (1 - outcome.zeroShare())),
                outcome.kept() - outcome.zeros(),
                outcome.effectiveDropRate());
      }
    }
    if (PeftAdapter.isAt(tuned)) {
      console.say(storage("", outcome.bytes()));
    }
    console.say(
        String.format(
            Locale.ROOT,
            "%.2f s, of which %.2f s waiting for digests",
            seconds(taken),
            seconds(outcome.waited())));
  }

  private static String q(Scale scale) {
    DoubleSummaryStatistics own =
        scale.perTensor().values().stream().collect(Collectors.summarizingDouble(q -> q));
    return own.getCount() == 0
        ? Table.number(scale.fallback())
        : Table.number(own.getMin()) + " to " + Table.number(own.getMax());
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() * 1e-9;
  }
}
