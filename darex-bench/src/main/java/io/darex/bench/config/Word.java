package io.darex.bench.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;

/**
 * A number, truth value or nothing that YAML would write otherwise than the file does: {@code 00},
 * {@code 1e3}, {@code no}, {@code ~}. Where a text is wanted it is what is written, and elsewhere
 * what YAML reads.
 */
final class Word extends TextNode {
  private static final long serialVersionUID = 1L;

  private final JsonNode read;

  private Word(String written, JsonNode read) {
    super(written);
    this.read = read;
  }

  /** The scalar that YAML reads where the file has {@code written}. */
  static JsonNode of(JsonNode read, String written) {
    return read.isTextual() || read.asText().equals(written) ? read : new Word(written, read);
  }

  /** What YAML reads at a scalar. */
  static JsonNode read(JsonNode scalar) {
    return scalar instanceof Word word ? word.read : scalar;
  }

  /** Puts what YAML reads in the place of every word below {@code node}. */
  static void readAll(JsonNode node) {
    if (node instanceof ObjectNode mapping) {
      for (Map.Entry<String, JsonNode> entry : List.copyOf(mapping.properties())) {
        mapping.set(entry.getKey(), read(entry.getValue()));
        readAll(entry.getValue());
      }
    } else if (node instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        list.set(i, read(list.get(i)));
        readAll(list.get(i));
      }
    }
  }
}
