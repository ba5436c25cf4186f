package io.darex.prune.folder;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.NameOrder;
import io.darex.prune.Tensor;
import io.darex.prune.safetensors.SafetensorsLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which tensors go to which file of a Hugging Face folder.
 *
 * @param files the tensors of each file, by its name
 */
record Shards(SortedMap<String, List<Tensor>> files) {

  /**
   * Fills files in name order of the tensors.
   *
   * @param most bytes of values in one file, at least 1; a tensor that has more is alone in its own
   * @throws IllegalArgumentException if {@code most} is less than 1
   */
  static Shards of(Collection<? extends Tensor> tensors, long most) {
    if (most < 1) {
      throw new IllegalArgumentException("shard size: expected at least 1 byte, got " + most);
    }
    List<Tensor> inOrder = new ArrayList<>(tensors);
    inOrder.sort(Comparator.comparing(Tensor::name, NameOrder.BY_UTF8));
    List<List<Tensor>> shards = new ArrayList<>();
    List<Tensor> current = new ArrayList<>();
    shards.add(current);
    long room = most;
    for (Tensor tensor : inOrder) {
      long bytes = SafetensorsLayout.bytes(tensor);
      if (bytes > room && !current.isEmpty()) {
        current = new ArrayList<>();
        shards.add(current);
        room = most;
      }
      current.add(tensor);
      room -= bytes;
    }
    if (shards.size() == 1) {
      return new Shards(new TreeMap<>(Collections.singletonMap(HuggingFaceFolder.MODEL, current)));
    }
    SortedMap<String, List<Tensor>> files = new TreeMap<>();
    for (int i = 0; i < shards.size(); i++) {
      files.put(
          String.format("model-%05d-of-%05d.safetensors", i + 1, shards.size()), shards.get(i));
    }
    return new Shards(files);
  }

  /** All names of files and all headers, each with that metadata. */
  String headers(Map<String, String> metadata) {
    StringBuilder text = new StringBuilder();
    files.forEach(
        (name, tensors) ->
            text.append(name).append(new SafetensorsLayout(tensors, metadata).headerText()));
    return text.toString();
  }

  /** The text of {@code model.safetensors.index.json}. */
  String index() {
    SortedMap<String, String> places = new TreeMap<>(NameOrder.BY_UTF8);
    long total = 0;
    for (var file : files.entrySet()) {
      for (Tensor tensor : file.getValue()) {
        places.put(tensor.name(), file.getKey());
        total = Math.addExact(total, SafetensorsLayout.bytes(tensor));
      }
    }
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    index.putObject("metadata").put("total_size", total);
    ObjectNode weights = index.putObject("weight_map");
    places.forEach(weights::put);
    return index.toPrettyString() + "\n";
  }
}
