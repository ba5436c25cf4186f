package io.darex.prune.delta;

import io.darex.prune.DType;
import io.darex.prune.Delta;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.PeftAdapter;
import io.darex.prune.folder.WrittenFolder;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.safetensors.SafetensorsWriter;
import io.darex.prune.safetensors.Seal;
import io.darex.prune.tensor.ConvertedTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Prunes the factors of a LoRA adapter, A and B each by its own recipe (docs/METHOD.md §7): the
 * delta of a factor is the factor itself, its base zero. B̂·Â is unbiased where q_A·q_B =
 * (1−p_A)·(1−p_B), which the inverse keep rate of each gives. What comes out is an adapter again,
 * dense, with zeros where entries were dropped.
 */
public final class FactorPruning {
  private final Path folder;
  private final PeftAdapter adapter;
  private final Factor a;
  private final Factor b;

  private FactorPruning(Path folder, PeftAdapter adapter, Factor a, Factor b) {
    this.folder = folder;
    this.adapter = adapter;
    this.a = a;
    this.b = b;
  }

  /** All A, or all B. */
  private record Factor(Recipe recipe, Delta delta) {
    /** Takes the dense factors, by key, and gives the q's. */
    private Scale prune(SortedMap<String, Tensor> into, int threads) {
      SparseDelta pruned = new Pruner(recipe, delta, Evidence.none(), Origin.NONE, threads).prune();
      pruned
          .applyTo(delta.base())
          .tensors()
          .forEach(
              (name, tensor) ->
                  into.put(
                      name, ConvertedTensor.of(tensor, delta.tuned().tensors().get(name).dtype())));
      return pruned.scale();
    }
  }

  /**
   * What became of it.
   *
   * @param entries how many entries the factors have
   * @param nonZeros how many of them are not zero in the file
   * @param qA the q of every A
   * @param qB the q of every B
   * @param unbiased what q_A·q_B would have to be for B̂·Â to be unbiased: (1−p_A)·(1−p_B)
   */
  public record Outcome(long entries, long nonZeros, Scale qA, Scale qB, double unbiased) {}

  /**
   * Opens an adapter.
   *
   * @param a how every A is pruned; patterns match the keys of the adapter's file; q is found from
   *     the weights alone, and factors keep their type
   * @param b how every B is pruned
   * @throws io.darex.prune.file.MalformedFileException if it is no adapter that can be read
   * @throws io.darex.prune.MismatchException if a pattern of a recipe matches nothing
   */
  public static FactorPruning open(Path folder, Recipe a, Recipe b) throws IOException {
    PeftAdapter adapter = PeftAdapter.open(folder);
    Collection<PeftAdapter.Layer> layers = adapter.layers().values();
    return new FactorPruning(
        folder,
        adapter,
        factor(a, layers.stream().map(PeftAdapter.Layer::a)),
        factor(b, layers.stream().map(PeftAdapter.Layer::b)));
  }

  private static Factor factor(Recipe recipe, Stream<Tensor> factors) {
    SortedMap<String, Tensor> after = new TreeMap<>();
    SortedMap<String, Tensor> before = new TreeMap<>();
    factors.forEach(
        tensor -> {
          after.put(tensor.name(), tensor);
          before.put(tensor.name(), new Zeros(tensor));
        });
    Delta delta =
        recipe
            .pruning()
            .delta(
                new InMemoryCheckpoint(before, Optional.empty()),
                new InMemoryCheckpoint(after, Optional.empty()));
    return new Factor(recipe, delta);
  }

  /** Zeros of the shape of another tensor. */
  private record Zeros(Tensor like) implements Tensor {
    @Override
    public String name() {
      return like.name();
    }

    @Override
    public DType dtype() {
      return DType.F32;
    }

    @Override
    public long[] shape() {
      return like.shape();
    }

    @Override
    public void read(long from, float[] into, int offset, int length) {
      Arrays.fill(into, offset, offset + length, 0);
    }
  }

  /** What is pruned and what is carried as it is, a line each. */
  public List<String> report() {
    List<String> lines = new ArrayList<>();
    lines.add("A: " + a.delta().report().get(0));
    lines.add("B: " + b.delta().report().get(0));
    adapter.saved().keySet().forEach(name -> lines.add("whole: " + name + " (saved module)"));
    return lines;
  }

  /** Bytes of the values that will be written. */
  public long bytes() {
    return adapter.bytes();
  }

  /**
   * Writes the pruned adapter: {@code adapter_config.json} byte for byte, all tensors under their
   * keys and in their types. The same input gives the same bytes.
   *
   * @throws java.nio.file.FileAlreadyExistsException if the folder exists and {@link
   *     WriteOptions#force()} is not given
   * @throws io.darex.prune.file.RefusedOutputException if it is the adapter, or a folder that was
   *     not written here
   * @throws io.darex.prune.NonFiniteException if a value is NaN or infinite, or too large for its
   *     type once divided
   */
  public Outcome run(Path out, WriteOptions options) throws IOException {
    SortedMap<String, Tensor> tensors = new TreeMap<>(adapter.tensors());
    Scale qA = a.prune(tensors, options.threads());
    Scale qB = b.prune(tensors, options.threads());
    Set<String> names = new TreeSet<>(Set.of(PeftAdapter.WEIGHTS));
    adapter.files().forEach(file -> names.add(file.getFileName().toString()));
    Map<String, String> metadata = WrittenFolder.mark(HuggingFaceFolder.METADATA, names);
    metadata.put("darex.job", describe());
    WrittenFolder.require(out, options.force(), List.of(folder));
    AtomicWrite.folder(
        out,
        options.force(),
        WrittenFolder::contents,
        temporary -> {
          for (Path file : adapter.files()) {
            Files.copy(file, temporary.resolve(file.getFileName()));
          }
          SafetensorsWriter.write(
              temporary.resolve(PeftAdapter.WEIGHTS),
              tensors.values(),
              metadata,
              options.withForce(false),
              Seal.NONE);
        });
    SortedMap<String, Tensor> written =
        Safetensors.open(out.resolve(PeftAdapter.WEIGHTS)).tensors();
    long entries = 0;
    long nonZeros = 0;
    for (PeftAdapter.Layer layer : adapter.layers().values()) {
      for (Tensor factor : List.of(layer.a(), layer.b())) {
        entries += factor.count();
        nonZeros += nonZeros(written.get(factor.name()));
      }
    }
    double unbiased = a.recipe().mask().keepRate() * b.recipe().mask().keepRate();
    return new Outcome(entries, nonZeros, qA, qB, unbiased);
  }

  private static long nonZeros(Tensor tensor) {
    long nonZeros = 0;
    float[] row = new float[(int) tensor.shape()[1]];
    for (long i = 0; i < tensor.shape()[0]; i++) {
      tensor.read(i * row.length, row, 0, row.length);
      for (float value : row) {
        nonZeros += value == 0 ? 0 : 1;
      }
    }
    return nonZeros;
  }

  private String describe() {
    return Pruner.job(
        new TreeMap<>(Map.of("A", a.recipe().parameters(), "B", b.recipe().parameters())),
        Optional.empty());
  }
}
