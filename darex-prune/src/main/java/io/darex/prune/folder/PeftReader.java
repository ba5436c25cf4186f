package io.darex.prune.folder;

import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.Steps;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells the tensors of an adapter apart by their keys.
 *
 * @param folder of the adapter
 * @param file of the tensors, for messages
 * @param config what says how they are meant
 */
record PeftReader(Path folder, Path file, PeftConfig config) {
  /** The name of the adapter stands in the key of a raw state dict and is left out otherwise. */
  private static final Pattern LINEAR = Pattern.compile("(.+)\\.lora_([AB])(\\.[^.]+)?\\.weight");

  private static final Pattern EMBEDDING =
      Pattern.compile("(.+)\\.lora_embedding_([AB])(\\.[^.]+)?");

  /** What PEFT's wrappers put between a module and its own tensors. */
  private static final Pattern WRAPPER =
      Pattern.compile("\\.(modules_to_save(\\.default)?|base_layer)(?=\\.)");

  /** What a saved module was before; with {@code bias="all"} its bias is in the file. */
  private static final String ORIGINAL = ".original_module.";

  PeftAdapter adapter(SortedMap<String, Tensor> weights) throws MalformedFileException {
    SortedMap<String, Tensor> a = new TreeMap<>();
    SortedMap<String, Tensor> b = new TreeMap<>();
    TreeSet<String> embeddings = new TreeSet<>();
    SortedMap<String, Tensor> saved = new TreeMap<>();
    for (Tensor tensor : weights.values()) {
      String name = name(tensor);
      Matcher linear = LINEAR.matcher(name);
      Matcher embedding = EMBEDDING.matcher(name);
      if (linear.matches() || embedding.matches()) {
        Matcher factor = linear.matches() ? linear : embedding;
        if (embedding.matches()) {
          embeddings.add(factor.group(1));
        }
        requireFactor(tensor);
        put(factor.group(2).equals("A") ? a : b, factor.group(1), tensor);
      } else if (name.contains(".lora_")) {
        throw fault("lora_A and lora_B, the factors of a plain LoRA, only", tensor.name());
      } else if (!name.contains(ORIGINAL)) {
        String bare = WRAPPER.matcher(name).replaceAll("");
        // Beside classifier.bias PEFT's bias="all" writes classifier.modules_to_save.bias, and
        // reads
        // the first.
        if (bare.equals(name) || !weights.containsKey(PeftAdapter.PREFIX + bare)) {
          put(saved, bare, tensor);
        }
      }
    }
    TreeSet<String> modules = new TreeSet<>(a.keySet());
    modules.addAll(b.keySet());
    if (modules.isEmpty()) {
      throw fault("tensors " + PeftAdapter.PREFIX + "….lora_A.weight", "none");
    }
    Steps steps = new Steps(folder.resolve(PeftConfig.FILE));
    SortedMap<String, PeftAdapter.Layer> layers = new TreeMap<>();
    for (String module : modules) {
      boolean transposed = config.transposed() || embeddings.contains(module);
      layers.put(
          module + ".weight", layer(module, a.get(module), b.get(module), transposed, steps));
    }
    return new PeftAdapter(folder, config, weights, layers, saved);
  }

  private String name(Tensor tensor) throws MalformedFileException {
    if (!tensor.name().startsWith(PeftAdapter.PREFIX)) {
      throw fault("tensor names that begin with " + PeftAdapter.PREFIX, tensor.name());
    }
    return tensor.name().substring(PeftAdapter.PREFIX.length());
  }

  private void requireFactor(Tensor tensor) throws MalformedFileException {
    if (tensor.shape().length != 2 || !tensor.dtype().isPrunable()) {
      throw fault(
          tensor.name() + " to be F32, F16 or BF16 of two dimensions",
          tensor.dtype() + " " + Arrays.toString(tensor.shape()));
    }
  }

  private void put(SortedMap<String, Tensor> into, String name, Tensor tensor)
      throws MalformedFileException {
    Tensor other = into.put(name, tensor);
    if (other != null) {
      throw fault("one adapter", other.name() + " and " + tensor.name());
    }
  }

  private PeftAdapter.Layer layer(
      String module, Tensor a, Tensor b, boolean transposed, Steps steps)
      throws MalformedFileException {
    if (a == null || b == null) {
      throw fault("lora_A and lora_B of " + module, "only lora_" + (a == null ? "B" : "A"));
    }
    int rank = config.rank(module, steps);
    if (a.shape()[0] != rank || b.shape()[1] != rank) {
      throw fault(
          "factors [%d, in] and [out, %d] of %s, as %s says"
              .formatted(rank, rank, module, PeftConfig.FILE),
          Arrays.toString(a.shape()) + " and " + Arrays.toString(b.shape()));
    }
    return new PeftAdapter.Layer(a, b, config.scale(module, steps), transposed);
  }

  private MalformedFileException fault(String expected, String found) {
    return new MalformedFileException(file, expected, found);
  }
}
