package io.darex.prune.delta;

import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.Mask;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.Contents;
import io.darex.prune.file.Output;
import io.darex.prune.file.RefusedOutputException;
import io.darex.prune.file.Sha256;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.Digests;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.PerTensorMask;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.rescale.Need;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A {@link PruneJob} divided by tensors, for workers that share its files: each prunes some tensors
 * into a file of their own, and here those are put together to the bytes that the job writes by
 * itself.
 */
public final class DividedPruning {
  /** Enough for any cluster that reads one checkpoint, and each worth a task. */
  private static final int PARTS = 32;

  /** Hexadecimal digits that tell one job's folder from another's. */
  private static final int KEY = 16;

  private static final String UUIDS = "[0-9a-f-]{36}";

  /** What lies in the folder of the parts. */
  private static final Contents FILES =
      Contents.none().file("\\d{2}\\.safetensors(\\." + UUIDS + ")?").temporaries();

  private final PruneJob job;
  private final Recipe recipe;

  /**
   * Divides a job.
   *
   * @throws IllegalArgumentException if mask, budget or rescale do not treat every tensor by itself
   */
  public DividedPruning(PruneJob job) {
    this.job = job;
    this.recipe = job.settings().recipe();
    obstacle()
        .ifPresent(
            reason -> {
              throw new IllegalArgumentException(
                  "expected mask, budget and rescale that treat every tensor by itself, got "
                      + reason);
            });
  }

  private Optional<String> obstacle() {
    if (recipe.bytes().isPresent()) {
      return Optional.of(
          "bytes " + recipe.bytes().get() + ", which weighs all tensors; give a dropRate");
    }
    Mask mask = recipe.mask();
    if (recipe.budget() != Budget.UNIFORM) {
      return Optional.of("budget " + recipe.budget() + ", which weighs tensors against each other");
    }
    Optional<String> needs = recipe.needing(Need.TEXTS).or(() -> recipe.needing(Need.LABELS));
    if (needs.isPresent()) {
      return Optional.of(needs.get() + ", which looks at texts");
    }
    return mask.isPerTensor()
        ? Optional.empty()
        : Optional.of("mask " + mask.kind() + ", which compares entries of all tensors");
  }

  /**
   * Some of the tensors.
   *
   * @param file where their part goes
   * @param names of the tensors
   * @param entries how many entries they have together
   */
  public record Part(Path file, List<String> names, long entries) {
    /** Copies the names. */
    public Part {
      names = List.copyOf(names);
    }
  }

  /** Those who prune the parts, wherever they are. */
  @FunctionalInterface
  public interface Workers {
    /**
     * Has {@link DividedPruning#prune} called for every part, of an equal job.
     *
     * @throws IOException if one cannot be written
     */
    void prune(List<Part> parts) throws IOException;
  }

  /**
   * Does the work. Parts lie in the folder {@code .NAME.parts-…} beside the output until that is
   * written; those that an earlier run of the same job left there are not made again. Digests are
   * taken here, meanwhile.
   *
   * @param options any {@link WriteOptions#identity()} is replaced by the job's own
   * @throws FileAlreadyExistsException if the file exists and {@link WriteOptions#force()} is not
   *     given
   * @throws io.darex.prune.NonFiniteException if a value that is read is NaN or infinite; nothing
   *     is left then
   */
  public PruneJob.Outcome run(Path file, WriteOptions options, Workers workers) throws IOException {
    job.requireFree(file, options);
    Digests digests = job.digests();
    String prefix = "." + file.getFileName() + ".parts-";
    Path folder = AtomicWrite.parent(file).resolve(prefix + key());
    requireOurs(folder);
    List<Part> parts = parts(folder);
    PruneJob.Outcome outcome;
    try {
      workers.prune(parts.stream().filter(part -> !Files.exists(part.file())).toList());
      outcome = job.write(file, together(parts, options.threads()), digests, options);
    } catch (RuntimeException e) {
      clear(folder); // of input that another run would refuse again
      throw e;
    }
    // With those of other recipes that were never finished.
    String name = Pattern.quote(prefix) + "[0-9a-f]{" + KEY + "}";
    try (Stream<Path> siblings = Files.list(AtomicWrite.parent(file))) {
      for (Path each : siblings.filter(s -> s.getFileName().toString().matches(name)).toList()) {
        clear(each);
      }
    }
    return outcome;
  }

  /** Makes the folder, or takes that of an earlier run; its name can be foreseen. */
  private static void requireOurs(Path folder) throws IOException {
    Files.createDirectories(AtomicWrite.parent(folder));
    if (!Output.exists(folder)) {
      Files.createDirectory(folder);
    }
    if (!isOurs(folder)) {
      throw new RefusedOutputException(
          folder,
          "expected the parts of an earlier run or nothing, got something else; remove it or"
              + " choose another name for the output");
    }
  }

  private static boolean isOurs(Path folder) throws IOException {
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && FILES.foreign(folder).isEmpty();
  }

  private static void clear(Path folder) throws IOException {
    if (isOurs(folder)) {
      FILES.clear(folder);
      Files.delete(folder);
    }
  }

  private String key() {
    return Sha256.hex(job.inputs() + Pruner.job(recipe, Optional.empty())).substring(0, KEY);
  }

  /** At most {@value #PARTS} of about the same size, of tensors in name order. */
  private List<Part> parts(Path folder) {
    SortedMap<String, Delta.Pair> pairs = job.delta().pairs();
    long enough = (job.delta().entries() + PARTS - 1) / PARTS;
    List<Part> parts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    long entries = 0;
    for (Map.Entry<String, Delta.Pair> pair : pairs.entrySet()) {
      names.add(pair.getKey());
      entries += pair.getValue().tuned().count();
      if (entries >= enough || pair.getKey().equals(pairs.lastKey())) {
        Path file = folder.resolve(String.format(Locale.ROOT, "%02d.safetensors", parts.size()));
        parts.add(new Part(file, names, entries));
        names.clear();
        entries = 0;
      }
    }
    return parts;
  }

  /**
   * Prunes the tensors of one part to its file, which is there whole or not at all. Others may be
   * at the same part; the file is the same whoever ends first.
   *
   * @throws io.darex.prune.NonFiniteException if a value that is read is NaN or infinite
   */
  public void prune(Part part, int threads) throws IOException {
    Delta some = job.delta().only(part.names());
    Pruner pruner = new Pruner(recipe, some, Evidence.none(), Origin.NONE, threads);
    SparseDelta pruned = recipe.rescale().isPerTensor() ? pruner.prune() : pruner.choice();
    Path own = part.file().resolveSibling(part.file().getFileName() + "." + UUID.randomUUID());
    WriteOptions options = WriteOptions.defaults().withThreads(threads);
    SparseDeltaFile.write(own, pruned, true, options);
    Files.move(own, part.file(), StandardCopyOption.ATOMIC_MOVE);
  }

  private SparseDelta together(List<Part> parts, int threads) throws IOException {
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    Map<String, Double> perTensor = new TreeMap<>();
    Set<String> unchanged = new TreeSet<>();
    for (Part part : parts) {
      SparseDelta some = SparseDeltaFile.read(part.file());
      kept.putAll(some.kept());
      perTensor.putAll(some.scale().perTensor());
      some.kept().keySet().stream()
          .filter(name -> some.mask().of(name).dropRate() == 1)
          .forEach(unchanged::add);
    }
    SparseDelta none = recipe.pruning().view(job.delta().only(List.of()), threads);
    SparseDelta all =
        new SparseDelta(
            PerTensorMask.sparing(none.mask(), kept.keySet(), unchanged),
            new Scale(none.scale().fallback(), perTensor),
            recipe.values(),
            kept,
            job.delta().carried(),
            none.provenance());
    SparseDelta signed = Pruner.signed(all, recipe, job.origin());
    if (recipe.rescale().isPerTensor()) {
      return signed;
    }
    return signed.withScale(
        recipe.rescale().find(job.delta(), all, Evidence.none(), threads).scale());
  }
}
