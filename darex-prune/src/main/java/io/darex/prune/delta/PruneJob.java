package io.darex.prune.delta;

import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.MismatchException;
import io.darex.prune.PlaceStorage;
import io.darex.prune.Preflight;
import io.darex.prune.Sameness;
import io.darex.prune.Scale;
import io.darex.prune.SideFile;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.file.Output;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.Digests;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.InputFiles;
import io.darex.prune.folder.SideFiles;
import io.darex.prune.mask.NonZeros;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Evidence;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import lombok.AccessLevel;
import lombok.Getter;

/**
 * Prunes checkpoint files: base and tuned model in, a sparse-delta file out, nothing large in
 * memory. {@link #open} reads headers only and reports all that does not fit; {@link #run} does the
 * work, and continues it where an earlier run of the same job was cut short.
 */
public final class PruneJob {
  private static final int CHUNK = TensorMask.BLOCK;

  private final Settings settings;
  private final Recipe recipe;
  private final Delta delta;
  private final List<Path> sources;
  private final String inputs;
  private final SortedMap<String, SideFile> files;
  private final boolean zero;

  private final WriteOptions.Inputs weights;

  /** The delta without the tensors in which nothing changed, of which no mask keeps anything. */
  @Getter(lazy = true, value = AccessLevel.PRIVATE)
  private final Delta changed = changed(delta);

  private PruneJob(
      Settings settings,
      Delta delta,
      List<Path> sources,
      String inputs,
      WriteOptions.Inputs weights,
      SortedMap<String, SideFile> files,
      boolean zero) {
    this.settings = settings;
    this.recipe = settings.recipe();
    this.delta = delta;
    this.sources = sources;
    this.inputs = inputs;
    this.weights = weights;
    this.files = files;
    this.zero = zero;
  }

  /**
   * How to prune.
   *
   * @param recipe mask, budget, rescale and values
   * @param texts what the evidence was drawn from, for the record in the file; empty without any
   * @param digests whether base and fine-tuned model are digested, which takes a full read of both
   */
  public record Settings(Recipe recipe, Optional<String> texts, boolean digests) {}

  /**
   * What became of it.
   *
   * @param scale the q of every tensor
   * @param entries how many entries were pruned
   * @param kept how many of them are in the file
   * @param zeros how many of the kept ones are zero there
   * @param zeroShare which share of all entries was zero before anything was dropped: counted where
   *     the mask chooses by size, else that of the kept ones
   * @param bytes size of the file
   * @param waited how long the finished data waited for the digests of base and tuned model
   */
  public record Outcome(
      Scale scale,
      long entries,
      long kept,
      long zeros,
      double zeroShare,
      long bytes,
      Duration waited) {
    /** The share of entries that do not reach the pruned model: dropped, or zero anyway. */
    public double effectiveDropRate() {
      return entries == 0 ? 0 : 1 - (double) (kept - zeros) / entries;
    }
  }

  /**
   * Opens both checkpoints, Hugging Face folders or safetensors files, and compares their headers,
   * the files beside their weights, and values up to the first that differs. The tuned one may be a
   * {@link io.darex.prune.folder.PeftAdapter} of the base: its delta is s·B·A.
   *
   * @throws io.darex.prune.MismatchException listing everything that does not fit, or if the two
   *     are the same
   * @throws io.darex.prune.file.MalformedFileException if a file is none of these
   */
  public static PruneJob open(Path base, Path tuned, Recipe recipe) throws IOException {
    return open(base, tuned, new Settings(recipe, Optional.empty(), true));
  }

  /** Opens both checkpoints as {@link #open(Path, Path, Recipe)} does. */
  public static PruneJob open(Path base, Path tuned, Settings settings) throws IOException {
    Checkpoint before = HuggingFaceFolder.open(base);
    Delta delta =
        settings.recipe().pruning().delta(before, HuggingFaceFolder.openTuned(tuned, before));
    boolean zero = Sameness.isZero(delta);
    if (zero && Sameness.isIdentity(delta)) {
      throw new MismatchException(
          List.of(
              "base "
                  + base
                  + " and tuned model "
                  + tuned
                  + " are identical: expected a model that fine-tuning has changed"));
    }
    SortedMap<String, byte[]> beside = SideFiles.read(base);
    return new PruneJob(
        settings,
        delta,
        List.of(base, tuned),
        InputFiles.state(base) + InputFiles.state(tuned),
        InputFiles.weights(base, tuned),
        SideFiles.ofDelta(tuned, beside),
        zero);
  }

  /** What is pruned, carried whole, left out and carried beside the tensors, a line each. */
  public List<String> report() {
    List<String> lines = new ArrayList<>(delta.report());
    if (zero) {
      lines.add(
          "the delta is zero: base and tuned model differ in nothing but what is carried whole or"
              + " left out");
    }
    SideFiles.summary(files).ifPresent(lines::add);
    return lines;
  }

  Settings settings() {
    return settings;
  }

  /** Paths, sizes and times of change of all that is read. */
  String inputs() {
    return inputs;
  }

  /**
   * Refuses an output that cannot be written.
   *
   * @throws FileAlreadyExistsException if it exists and is not to be replaced
   * @throws io.darex.prune.file.RefusedOutputException if it would take the place of base or tuned
   *     model
   */
  void requireFree(Path file, WriteOptions options) throws IOException {
    Output.requireFile(file, options.force(), sources);
  }

  /** The digests, which are taken from now on. */
  Digests digests() {
    return settings.digests() ? Digests.start(delta) : Digests.none();
  }

  /** What is pruned, what carried whole, and what left out. */
  public Delta delta() {
    return delta;
  }

  /**
   * About how large the file will be, or how large it may be. Reads tensors up to their first entry
   * that changed.
   */
  public long expectedBytes() {
    if (recipe.bytes().isPresent()) {
      return recipe.bytes().get().bytes(denseBytes());
    }
    Preflight all = Preflight.of(delta);
    Preflight kept = Preflight.of(getChanged());
    return new Preflight(
                kept.entries(), all.blocks(), kept.columns(), all.tensors(), all.wholeBytes())
            .fileBytes(recipe.mask(), recipe.values())
        + SideFiles.bytes(files);
  }

  private Delta changed(Delta all) {
    int threads = Runtime.getRuntime().availableProcessors();
    Set<String> names = new TreeSet<>(all.pairs().keySet());
    names.removeAll(NonZeros.unchanged(all, threads));
    return all.only(names);
  }

  /** About how much memory the work will hold on to beside the JVM's own. */
  public long expectedMemory() {
    return Preflight.of(delta).memoryBytes(recipe.mask());
  }

  /** The bytes of the tuned model's tensors: what a dense file of it takes. */
  public long denseBytes() {
    return Pruner.denseBytes(delta);
  }

  /**
   * Does the work. The same job gives the same bytes, on any number of threads, from one file or
   * shards, cut short or not.
   *
   * @param options any {@link WriteOptions#identity()} is replaced by this job's own
   * @throws FileAlreadyExistsException if the file exists and {@link WriteOptions#force()} is not
   *     given
   * @throws io.darex.prune.file.RefusedOutputException if it would take the place of base or tuned
   *     model
   * @throws io.darex.prune.NonFiniteException if a value that is read is NaN or infinite; nothing
   *     is left then
   * @throws IOException as {@link io.darex.prune.safetensors.SafetensorsWriter#write} does
   */
  public Outcome run(Path file, WriteOptions options) throws IOException {
    return run(file, options, Evidence.none());
  }

  /**
   * Does the work as {@link #run(Path, WriteOptions)}, for a recipe that has to know more than the
   * weights.
   *
   * @param evidence what it may look at; the same gives the same bytes
   * @throws IllegalArgumentException if it lacks what the recipe needs; nothing is written then
   */
  public Outcome run(Path file, WriteOptions options, Evidence evidence) throws IOException {
    requireFree(file, options);
    Digests digests = digests();
    int threads = options.threads();
    SparseDelta pruned = new Pruner(recipe, delta, evidence, origin(), threads).prune();
    return write(file, pruned, digests, options);
  }

  /** Writes the file, and says what became of it. */
  Outcome write(Path file, SparseDelta pruned, Digests digests, WriteOptions options)
      throws IOException {
    Scale scale = pruned.scale();
    SparseDeltaFile.write(
        file,
        pruned,
        digests,
        options
            .withIdentity(inputs + pruned.provenance().job() + pruned.mask().parameters() + scale)
            .withInputs(weights));
    return outcome(file, scale, options.threads(), digests.waited());
  }

  /** What the file records. */
  Origin origin() {
    return new Origin(settings.texts(), files, settings.digests());
  }

  private Outcome outcome(Path file, Scale scale, int threads, Duration waited) throws IOException {
    long kept = 0;
    long zeros = 0;
    for (KeptTensor tensor : SparseDeltaFile.open(file).delta().kept().values()) {
      kept += tensor.kept();
      zeros += zeros(tensor.values());
    }
    long entries = delta.entries();
    boolean bySize = recipe.mask().places() == PlaceStorage.GAPS;
    double zeroShare =
        bySize
            ? 1 - (double) nonZeros(threads) / entries
            : zeroShare((double) zeros / Math.max(1, kept), getChanged().entries());
    return new Outcome(scale, entries, kept, zeros, zeroShare, Files.size(file), waited);
  }

  /**
   * Of all entries, those in tensors that did not change and of the others as many as of what is
   * kept of them.
   */
  private double zeroShare(double ofKept, long changed) {
    long entries = delta.entries();
    return entries == 0 ? 0 : (entries - changed + ofKept * changed) / entries;
  }

  private static long zeros(Tensor tensor) {
    float[] part = new float[CHUNK];
    long zeros = 0;
    for (long from = 0; from < tensor.count(); from += CHUNK) {
      int length = (int) Math.min(CHUNK, tensor.count() - from);
      tensor.read(from, part, 0, length);
      for (int i = 0; i < length; i++) {
        zeros += part[i] == 0 ? 1 : 0;
      }
    }
    return zeros;
  }

  private long nonZeros(int threads) {
    return NonZeros.count(delta, threads).values().stream().mapToLong(Long::longValue).sum();
  }
}
