package io.darex.prune.delta;

import io.darex.prune.DType;
import io.darex.prune.KeptTensor;
import io.darex.prune.NonFiniteException;
import io.darex.prune.PlaceStorage;
import io.darex.prune.Provenance;
import io.darex.prune.SideFile;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.Sha256;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.Digests;
import io.darex.prune.folder.SideFiles;
import io.darex.prune.mask.ColumnPlaces;
import io.darex.prune.mask.Masks;
import io.darex.prune.mask.PerTensorMask;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.safetensors.SafetensorsWriter;
import io.darex.prune.safetensors.Seal;
import io.darex.prune.tensor.ByteTensor;
import io.darex.prune.tensor.ConvertedTensor;
import io.darex.prune.tensor.Finiteness;
import io.darex.prune.tensor.LongTensor;
import io.darex.prune.tensor.Renamed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A sparse delta as a file, version 1: a safetensors file with the kept values, what says where
 * they belong and the whole tensors as its data, all else as its metadata. docs/FORMAT.md describes
 * every byte. Values stay in the file until they are read.
 */
public final class SparseDeltaFile {
  /** The version written, and the only one read. */
  public static final String VERSION = "1";

  static final String KEPT = "kept:";
  static final String GAPS = "gaps:";
  static final String COLUMNS = "columns:";
  static final String WHOLE = "whole:";
  static final String FILE = "file:";

  /** Of what belongs to a tensor. */
  private static final List<String> PARTS = List.of(KEPT, GAPS, COLUMNS, WHOLE);

  private static final List<String> PREFIXES = List.of(KEPT, GAPS, COLUMNS, WHOLE, FILE);

  /** Stands for the digest until there is one. */
  private static final String PLACEHOLDER = "0".repeat(64);

  private final Safetensors file;
  private final Optional<String> digest;
  private final SparseDelta delta;

  private SparseDeltaFile(Safetensors file, Optional<String> digest, SparseDelta delta) {
    this.file = file;
    this.digest = digest;
    this.delta = delta;
  }

  /**
   * Writes {@code delta} with a digest, on all processors.
   *
   * @see #write(Path, SparseDelta, boolean, WriteOptions)
   */
  public static void write(Path path, SparseDelta delta, boolean force) throws IOException {
    write(path, delta, true, WriteOptions.defaults().withForce(force));
  }

  /**
   * Writes {@code delta} as it is read, block by block; the same delta gives the same bytes.
   *
   * @param digest whether the file gets a digest, by which {@link #verify} finds any change
   * @throws java.nio.file.FileAlreadyExistsException if the file exists and {@link
   *     WriteOptions#force()} is not given
   * @throws IllegalArgumentException if the mask is none of {@link Masks#KINDS}, so that nobody
   *     could read the file
   * @throws io.darex.prune.NonFiniteException if a kept value is NaN or infinite
   */
  public static void write(Path path, SparseDelta delta, boolean digest, WriteOptions options)
      throws IOException {
    Seal seal = written -> Map.of(DeltaMetadata.DIGEST_KEY, digest(written, Map.of()));
    write(path, delta, digest, options, digest ? seal : Seal.NONE);
  }

  /**
   * As {@link #write(Path, SparseDelta, boolean, WriteOptions)}, with a digest, and with those of
   * base and tuned model taken while the data are written: what the provenance has of them plays no
   * part.
   */
  static void write(Path path, SparseDelta delta, Digests digests, WriteOptions options)
      throws IOException {
    Provenance provenance = delta.provenance();
    Optional<String> placeholder = digests.taken() ? Optional.of(PLACEHOLDER) : Optional.empty();
    Seal seal =
        written -> {
          Map<String, String> sealed = DeltaMetadata.digests(digests.addTo(provenance));
          sealed.put(DeltaMetadata.DIGEST_KEY, digest(written, sealed));
          return sealed;
        };
    SparseDelta unsealed =
        delta.withProvenance(provenance.withBase(placeholder).withTuned(placeholder));
    write(path, unsealed, true, options, seal);
  }

  private static void write(
      Path path, SparseDelta delta, boolean digest, WriteOptions options, Seal seal)
      throws IOException {
    if (!Masks.KINDS.names().contains(delta.mask().kind())) {
      throw new IllegalArgumentException(
          "expected a mask that readers of the file know, one of "
              + Masks.KINDS.names()
              + ", got "
              + delta.mask().kind());
    }
    Map<String, String> texts =
        DeltaMetadata.of(delta, digest ? Optional.of(PLACEHOLDER) : Optional.empty()).texts();
    SafetensorsWriter.write(path, tensors(delta, options.threads()), texts, options, seal);
  }

  private static List<Tensor> tensors(SparseDelta delta, int threads) {
    List<Tensor> tensors = new ArrayList<>();
    delta
        .kept()
        .forEach(
            (name, kept) -> {
              Tensor converted = ConvertedTensor.of(kept.values(), delta.values().dtype());
              tensors.add(new Renamed(KEPT + name, converted));
            });
    PlaceStorage places = delta.mask().places();
    if (places == PlaceStorage.GAPS) {
      GapsTensor.of(delta.kept().values(), threads)
          .forEach(gaps -> tensors.add(new Renamed(GAPS + gaps.name(), gaps)));
    } else if (places == PlaceStorage.COLUMNS) {
      delta.kept().values().forEach(kept -> tensors.add(columns(kept)));
    }
    delta.whole().forEach((name, tensor) -> tensors.add(new Renamed(WHOLE + name, tensor)));
    delta
        .provenance()
        .files()
        .forEach(
            (name, file) ->
                file.content().ifPresent(each -> tensors.add(new Renamed(FILE + name, each))));
    return tensors;
  }

  private static Tensor columns(KeptTensor kept) {
    ColumnPlaces places = ColumnPlaces.ofFirstRow(kept.shape(), kept.places());
    if (places.kept() != kept.kept()) {
      throw new IllegalArgumentException(
          kept.name()
              + ": expected whole columns, "
              + places.kept()
              + " entries by the first row, got "
              + kept.kept());
    }
    return new LongTensor(COLUMNS + kept.name(), places.columns());
  }

  /**
   * What {@code darex.kept} is: over all other metadata and all tensors of a file.
   *
   * @param sealed metadata that come in place of the file's
   */
  private static String digest(Safetensors file, Map<String, String> sealed) {
    Map<String, String> others = new TreeMap<>(file.metadata());
    others.putAll(sealed);
    others.remove(DeltaMetadata.DIGEST_KEY);
    Finiteness.Found found =
        (key, index, value) -> {
          // What is carried whole may hold anything; with what is kept somebody will calculate.
          if (!key.startsWith(WHOLE)) {
            throw new NonFiniteException(key, index, value);
          }
        };
    return CheckpointDigest.of(others, file.tensors().values(), found);
  }

  /**
   * Reads a sparse delta: {@link #open}, {@link #verify} and {@link #delta}. Whether it fits a base
   * is for {@link CheckpointDigest#requireBase} and {@link SparseDelta#applyTo} to say.
   *
   * @throws MalformedFileException naming the fault, whatever the file holds
   */
  public static SparseDelta read(Path path) throws IOException {
    SparseDeltaFile file = open(path);
    file.verify();
    return file.delta();
  }

  /**
   * Opens a file: its header, every shape, and that there are as many values as places. Kept values
   * and whole tensors are not read. A mask is drawn again, or gaps are scanned, on all processors.
   *
   * @throws MalformedFileException naming the fault, whatever the file holds
   */
  public static SparseDeltaFile open(Path path) throws IOException {
    Safetensors file = Safetensors.open(path);
    DeltaMetadata metadata = DeltaMetadata.read(file);
    SparseDelta delta = new Reading(file, metadata, byPrefix(file)).delta();
    return new SparseDeltaFile(file, metadata.digest(), delta);
  }

  /** The tensors by the prefix of their keys and then by what follows it. */
  private static Map<String, SortedMap<String, Tensor>> byPrefix(Safetensors file)
      throws IOException {
    Map<String, SortedMap<String, Tensor>> byPrefix = new TreeMap<>();
    PREFIXES.forEach(prefix -> byPrefix.put(prefix, new TreeMap<>()));
    for (Tensor tensor : file.tensors().values()) {
      String key = tensor.name();
      Optional<String> prefix = PREFIXES.stream().filter(key::startsWith).findFirst();
      if (prefix.isEmpty()) {
        throw new MalformedFileException(
            file.path(), "tensor keys that begin with one of " + PREFIXES, "'" + key + "'");
      }
      byPrefix.get(prefix.get()).put(key.substring(prefix.get().length()), tensor);
    }
    return byPrefix;
  }

  /** The sparse delta; its values are read from the file whenever they are asked for. */
  public SparseDelta delta() {
    return delta;
  }

  /** The digest the file says it has; empty if none was taken when it was written. */
  public Optional<String> digest() {
    return digest;
  }

  /** The file as the safetensors file that it is. */
  public Safetensors tensors() {
    return file;
  }

  /** What the file has of the tensor {@code name}. */
  List<Tensor> parts(String name) {
    return PARTS.stream()
        .map(prefix -> file.tensors().get(prefix + name))
        .filter(Objects::nonNull)
        .toList();
  }

  /**
   * Reads everything in the file once: all values must be finite, and where the file has a {@link
   * #digest} it must be that of metadata and data.
   *
   * @throws MalformedFileException naming the fault
   */
  public void verify() throws IOException {
    String found;
    try {
      found = digest(file, Map.of());
    } catch (IllegalArgumentException e) {
      throw fault("finite values only", e.getMessage());
    }
    if (digest.isPresent() && !digest.get().equals(found)) {
      throw fault("content with digest " + digest.get(), found + ": the file is damaged");
    }
    for (Map.Entry<String, SideFile> side : delta.provenance().files().entrySet()) {
      String expected = side.getValue().digest();
      if (side.getValue().content().isPresent()) {
        String came = Sha256.hex(ByteTensor.of(side.getValue().content().get()));
        if (!came.equals(expected)) {
          throw fault(FILE + side.getKey() + " with the digest " + expected, came);
        }
      }
    }
  }

  private MalformedFileException fault(String expected, Object found) {
    return new MalformedFileException(file.path(), expected, found);
  }

  /** The state of reading one file. */
  private record Reading(
      Safetensors file, DeltaMetadata metadata, Map<String, SortedMap<String, Tensor>> byPrefix) {

    SparseDelta delta() throws IOException {
      checkKeys();
      List<KeptReader.Parts> parts = new ArrayList<>();
      byPrefix
          .get(KEPT)
          .forEach(
              (name, values) ->
                  parts.add(
                      new KeptReader.Parts(
                          name,
                          metadata.shapes().get(name),
                          values,
                          part(GAPS, name),
                          part(COLUMNS, name))));
      SortedMap<String, Tensor> whole = new TreeMap<>();
      byPrefix.get(WHOLE).forEach((name, tensor) -> whole.put(name, new Renamed(name, tensor)));
      int threads = Runtime.getRuntime().availableProcessors();
      return new SparseDelta(
          metadata.mask(),
          metadata.scale(),
          values(),
          new KeptReader(file.path(), metadata.mask(), threads).read(parts),
          whole,
          metadata.provenance().withFiles(files()));
    }

    /** All kept values are of one type. */
    private Values values() throws IOException {
      Set<DType> types = new TreeSet<>();
      byPrefix.get(KEPT).values().forEach(tensor -> types.add(tensor.dtype()));
      check(types.size() < 2, "kept values of one type", types);
      for (Values values : List.of(Values.BF16, Values.F16)) {
        if (types.contains(values.dtype())) {
          return values;
        }
      }
      return Values.F32;
    }

    private SortedMap<String, SideFile> files() throws IOException {
      SortedMap<String, SideFile> files = new TreeMap<>(metadata.provenance().files());
      for (Map.Entry<String, Tensor> entry : byPrefix.get(FILE).entrySet()) {
        String name = entry.getKey();
        Tensor tensor = entry.getValue();
        check(files.containsKey(name), "a digest in darex.files for each file:NAME", name);
        check(
            tensor.dtype() == DType.U8
                && tensor.shape().length == 1
                && tensor.count() <= SideFiles.MAX_BYTES,
            FILE + name + " as U8 of rank 1 and at most " + SideFiles.MAX_BYTES + " bytes",
            tensor.dtype() + " " + Arrays.toString(tensor.shape()));
        files.put(name, new SideFile(files.get(name).digest(), Optional.of(tensor)));
      }
      return files;
    }

    private Optional<Tensor> part(String prefix, String name) {
      return Optional.ofNullable(byPrefix.get(prefix).get(name));
    }

    private void checkKeys() throws IOException {
      Set<String> kept = byPrefix.get(KEPT).keySet();
      checkPairs(metadata.shapes().keySet(), kept, "a shape in darex.shapes for each kept:NAME");
      if (metadata.mask() instanceof PerTensorMask mask) {
        String expected = "a dropRate in darex.mask for each kept:NAME";
        checkPairs(mask.rates().keySet(), kept, expected);
      }
      checkPlaces(GAPS, metadata.mask().places() == PlaceStorage.GAPS);
      checkPlaces(COLUMNS, metadata.mask().places() == PlaceStorage.COLUMNS);
      for (String name : metadata.scale().perTensor().keySet()) {
        check(kept.contains(name), "darex.q to name kept tensors only", "'" + name + "'");
      }
      for (String name : byPrefix.get(WHOLE).keySet()) {
        check(!kept.contains(name), "either " + KEPT + name + " or " + WHOLE + name, "both");
      }
    }

    private void checkPlaces(String prefix, boolean wanted) throws IOException {
      Set<String> found = byPrefix.get(prefix).keySet();
      String mask = "mask " + metadata.mask().kind();
      if (wanted) {
        Set<String> kept = byPrefix.get(KEPT).keySet();
        checkPairs(found, kept, prefix + "NAME for each kept:NAME of " + mask);
      } else {
        check(found.isEmpty(), "no " + prefix + "NAME with " + mask, found);
      }
    }

    private void checkPairs(Set<String> some, Set<String> others, String expected)
        throws IOException {
      Set<String> lonely = new TreeSet<>(some);
      lonely.addAll(others);
      lonely.removeIf(name -> some.contains(name) && others.contains(name));
      check(lonely.isEmpty(), expected, "one without the other: " + lonely);
    }

    private void check(boolean holds, String expected, Object found) throws IOException {
      if (!holds) {
        throw new MalformedFileException(file.path(), expected, found);
      }
    }
  }
}
