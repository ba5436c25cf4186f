package io.darex.prune.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The text of a {@code config.json} made true of the tensors it goes with. What is right already is
 * left as it is, byte for byte, and so is a text that is no JSON: not ours to mend.
 */
public final class ConfigText {
  /** transformers reads which type to load; new versions write the second, both read both. */
  private static final List<String> DTYPE_KEYS = List.of("torch_dtype", "dtype");

  private static final String VOCABULARY_KEY = "vocab_size";

  private static final Map<DType, String> TORCH_NAMES =
      Map.of(
          DType.F64, "float64", DType.F32, "float32", DType.F16, "float16", DType.BF16, "bfloat16");

  private static final Set<String> EMBEDDINGS =
      Set.of("embed_tokens", "shared", "tok_embeddings", "word_embeddings", "wte");

  /** As Python's json, which knows NaN and Infinity, and writes them without quotes. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
          .build();

  private ConfigText() {}

  /** With the type that most elements have, under whichever key it stands; F32 needs no naming. */
  public static String withDtype(String config, Collection<Tensor> tensors) {
    Map<DType, Long> elements = new EnumMap<>(DType.class);
    tensors.stream()
        .filter(tensor -> tensor.dtype().isPrunable())
        .forEach(tensor -> elements.merge(tensor.dtype(), tensor.count(), Long::sum));
    Optional<String> most =
        elements.entrySet().stream()
            .max(Map.Entry.comparingByValue())
            .map(entry -> TORCH_NAMES.get(entry.getKey()));
    if (most.isEmpty()) {
      return config;
    }
    return edited(
        config,
        root -> {
          List<String> keys = DTYPE_KEYS.stream().filter(root::has).toList();
          keys.forEach(key -> root.put(key, most.get()));
          if (keys.isEmpty() && !most.get().equals(TORCH_NAMES.get(DType.F32))) {
            root.put(DTYPE_KEYS.get(0), most.get());
          }
        });
  }

  /**
   * With the rows of the word embeddings as {@code vocab_size}, where the text has one: a
   * vocabulary that was resized, in an adapter say, leaves the base's text behind.
   */
  public static String withVocabulary(String config, Collection<Tensor> tensors) {
    Set<Long> rows =
        tensors.stream()
            .filter(tensor -> tensor.shape().length == 2 && isEmbedding(tensor.name()))
            .map(tensor -> tensor.shape()[0])
            .collect(Collectors.toSet());
    return rows.size() != 1
        ? config
        : edited(
            config,
            root -> {
              long size = rows.iterator().next();
              if (root.path(VOCABULARY_KEY).isIntegralNumber()
                  && root.path(VOCABULARY_KEY).asLong() != size) {
                root.put(VOCABULARY_KEY, size);
              }
            });
  }

  private static boolean isEmbedding(String name) {
    String[] path = name.split("\\.", -1);
    return path.length > 1
        && EMBEDDINGS.contains(path[path.length - 2])
        && path[path.length - 1].equals("weight");
  }

  private static String edited(String config, Consumer<ObjectNode> edit) {
    try {
      String text = config.startsWith("\uFEFF") ? config.substring(1) : config;
      if (!(JSON.readTree(text) instanceof ObjectNode root)) {
        return config;
      }
      ObjectNode before = root.deepCopy();
      edit.accept(root);
      return root.toString().equals(before.toString())
          ? config
          : JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      return config;
    }
  }
}
