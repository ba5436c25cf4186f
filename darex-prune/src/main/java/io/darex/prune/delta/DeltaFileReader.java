package io.darex.prune.delta;

import static io.darex.prune.delta.DeltaContent.FILE;
import static io.darex.prune.delta.DeltaContent.PLACES;
import static io.darex.prune.delta.DeltaContent.SIGNS;
import static io.darex.prune.delta.DeltaContent.TABLE;
import static io.darex.prune.delta.DeltaContent.VALUES;
import static io.darex.prune.delta.DeltaContent.WHOLE;

import io.darex.prune.DType;
import io.darex.prune.KeptTensor;
import io.darex.prune.Mask;
import io.darex.prune.PlaceStorage;
import io.darex.prune.Scale;
import io.darex.prune.SideFile;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.folder.SideFiles;
import io.darex.prune.mask.PerTensorMask;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.Renamed;
import io.darex.prune.tensor.SignTensor;
import io.darex.prune.tensor.TensorRange;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Reads the sparse delta of a safetensors file, as if an enemy had written it. */
final class DeltaFileReader {
  private static final Set<String> KEYS = new TreeSet<>(Set.of(VALUES, SIGNS, PLACES, TABLE));

  private final Safetensors file;
  private final Map<String, Tensor> parts = new HashMap<>();
  private final SortedMap<String, Tensor> whole = new TreeMap<>();
  private final SortedMap<String, Tensor> contents = new TreeMap<>();

  private DeltaFileReader(Safetensors file) {
    this.file = file;
  }

  /**
   * What a file says.
   *
   * @param digest of all else in the file; empty if none was taken
   * @param delta its values are read when they are asked for
   * @param bytes by the name of a pruned tensor, what its values and places take in the file
   */
  record Found(Optional<String> digest, SparseDelta delta, Map<String, Long> bytes) {}

  /**
   * Reads all but the values.
   *
   * @throws MalformedFileException naming the first fault
   */
  static Found read(Safetensors file) throws IOException {
    return new DeltaFileReader(file).found();
  }

  private Found found() throws IOException {
    DeltaMetadata metadata = DeltaMetadata.read(file);
    sortKeys();
    requireTypes();
    boolean coded = metadata.mask().places() != PlaceStorage.DRAWN;
    requirePart(PLACES, coded, "with mask " + metadata.mask().kind());
    requirePart(TABLE, true, "with any mask");
    boolean signs = parts.containsKey(SIGNS);
    requirePart(VALUES, !signs, signs ? "beside signs" : "or signs");
    Tensor values = parts.get(signs ? SIGNS : VALUES);
    DeltaTable table =
        DeltaTableReader.read(file.path(), parts.get(TABLE), new DeltaTable.Parts(coded, signs));
    for (DeltaTable.Row row : table.rows()) {
      check(
          !whole.containsKey(row.name()),
          "'" + row.name() + "' in the table or as " + WHOLE + row.name(),
          "both");
    }
    Mask mask = mask(metadata.mask(), table);
    int threads = Runtime.getRuntime().availableProcessors();
    KeptReader reader = new KeptReader(file.path(), mask, threads);
    long entries = reader.entries(table.rows());
    check(
        values.count() == (signs ? BitWriter.bytes(entries) : entries),
        "as many " + values.name() + " as the table has kept entries, " + entries,
        values.count());
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    Map<String, Long> bytes = new HashMap<>();
    Tensor numbers = signs ? signs(values, entries) : values;
    long from = 0;
    for (KeptReader.Places here :
        reader.read(table.rows(), Optional.ofNullable(parts.get(PLACES)))) {
      String name = here.row().name();
      Tensor own = new TensorRange(name, numbers, from, here.kept());
      kept.put(name, here.with(signs ? new SignTensor(own, here.row().magnitude()) : own));
      long end = from + here.kept();
      bytes.put(name, here.bytes() + valueBytes(values, end) - valueBytes(values, from));
      from = end;
    }
    SparseDelta delta =
        new SparseDelta(
            mask,
            scale(table),
            signs ? Values.SIGN : Values.valueOf(values.dtype().name()),
            kept,
            whole,
            metadata.provenance().withFiles(files(metadata)));
    return new Found(metadata.digest(), delta, bytes);
  }

  private Tensor signs(Tensor bits, long count) throws IOException {
    check(
        BitReader.isFilled(bits, count),
        "signs that end with zeros to fill the byte",
        "other bits");
    return new SignBits.Signs(bits, count);
  }

  /** What the values of so many entries take. */
  private static long valueBytes(Tensor values, long entries) {
    return values.dtype() == DType.U8 ? BitWriter.bytes(entries) : values.dtype().bytes(entries);
  }

  private void sortKeys() throws IOException {
    for (Tensor tensor : file.tensors().values()) {
      String key = tensor.name();
      if (KEYS.contains(key)) {
        parts.put(key, tensor);
      } else if (key.startsWith(WHOLE)) {
        String name = key.substring(WHOLE.length());
        whole.put(name, new Renamed(name, tensor));
      } else {
        String expected = "tensor keys " + KEYS + ", " + WHOLE + "NAME or " + FILE + "NAME";
        check(key.startsWith(FILE), expected, "'" + key + "'");
        contents.put(key.substring(FILE.length()), tensor);
      }
    }
  }

  /** Checks whether a part is there that some files have and others have not, and its type. */
  private void requirePart(String key, boolean wanted, String when) throws IOException {
    boolean there = parts.containsKey(key);
    String expected = (wanted ? "a tensor " : "no tensor ") + key + " " + when;
    check(there == wanted, expected, there ? "one" : "none");
  }

  private void requireTypes() throws IOException {
    for (Tensor part : parts.values()) {
      DType dtype = part.dtype();
      boolean values = part.name().equals(VALUES);
      check(
          part.shape().length == 1 && (values ? dtype.holdsKept() : dtype == DType.U8),
          part.name() + " to be one-dimensional and " + (values ? "F32, F16 or BF16" : "U8"),
          dtype + " of shape " + Arrays.toString(part.shape()));
    }
  }

  private Mask mask(Mask template, DeltaTable table) throws IOException {
    if (!table.hasRates()) {
      return template;
    }
    Map<String, Double> rates = new TreeMap<>();
    table.rows().forEach(row -> rates.put(row.name(), row.dropRate()));
    try {
      return new PerTensorMask(template, rates);
    } catch (IllegalArgumentException e) {
      throw fault("drop rates of tensors that the mask can have", e.getMessage());
    }
  }

  private static Scale scale(DeltaTable table) {
    Map<String, Double> perTensor = new TreeMap<>();
    for (DeltaTable.Row row : table.rows()) {
      if (row.q() != table.fallback()) {
        perTensor.put(row.name(), row.q());
      }
    }
    return new Scale(table.fallback(), perTensor);
  }

  private SortedMap<String, SideFile> files(DeltaMetadata metadata) throws IOException {
    SortedMap<String, SideFile> files = new TreeMap<>(metadata.provenance().files());
    for (Map.Entry<String, Tensor> entry : contents.entrySet()) {
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

  private void check(boolean holds, String expected, Object found) throws IOException {
    if (!holds) {
      throw fault(expected, found);
    }
  }

  private MalformedFileException fault(String expected, Object found) {
    return new MalformedFileException(file.path(), expected, found);
  }
}
