package io.darex.bench.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/** One JSON object a line; columns are its keys. */
record JsonLines() implements Lines {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  @Override
  public List<Integer> read(Path file, InputStream in, List<Column> columns, Sink sink)
      throws IOException {
    Tsv.lines(
        file,
        in,
        (line, text) -> {
          JsonNode object = parse(file, line, text);
          String[] picked = new String[columns.size()];
          for (int i = 0; i < picked.length; i++) {
            String key = columns.get(i).name();
            JsonNode value = object.path(key);
            // Labels are often numbers or booleans; null is nothing.
            if (!value.isValueNode() || value.isNull()) {
              throw BadInputException.at(
                  file,
                  line,
                  "a text or a number under the key " + key,
                  value.isMissingNode() ? "no such key" : BadInputException.quote("" + value));
            }
            picked[i] = value.asText();
          }
          sink.accept(line, picked);
        });
    return List.of();
  }

  private static JsonNode parse(Path file, int line, String text) {
    JsonNode object;
    try {
      object = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw BadInputException.at(file, line, "a JSON object", e.getOriginalMessage());
    }
    if (!object.isObject()) {
      throw BadInputException.at(file, line, "a JSON object", BadInputException.quote(text));
    }
    return object;
  }
}
