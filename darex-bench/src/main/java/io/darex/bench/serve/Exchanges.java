package io.darex.bench.serve;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import io.darex.bench.console.BadInputException;
import io.darex.bench.pipeline.Prediction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What goes over the wire: bodies of requests and of answers. */
final class Exchanges {
  static final String JSON_TYPE = "application/json";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Exchanges() {}

  /**
   * The body of a request.
   *
   * @throws TooLargeException if it is larger than allowed; the rest of it is not read
   */
  static byte[] body(HttpExchange exchange, int most) throws IOException {
    String stated = exchange.getRequestHeaders().getFirst("Content-Length");
    if (stated != null && stated.matches("\\d+") && stated.length() > 10) {
      throw new TooLargeException(most);
    }
    if (stated != null && stated.matches("\\d+") && Long.parseLong(stated) > most) {
      throw new TooLargeException(most);
    }
    byte[] body = exchange.getRequestBody().readNBytes(most + 1);
    if (body.length > most) {
      throw new TooLargeException(most);
    }
    return body;
  }

  /** A body that is larger than allowed. */
  static final class TooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLargeException(int most) {
      super("expected a body of at most " + most + " bytes, got more");
    }
  }

  private static JsonNode object(byte[] body, String key) {
    JsonNode root;
    try {
      root = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new BadInputException("expected JSON, got " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new BadInputException("expected JSON in UTF-8, got other bytes", e);
    }
    Set<String> keys = new TreeSet<>();
    root.fieldNames().forEachRemaining(keys::add);
    if (!root.isObject() || !keys.equals(Set.of(key))) {
      throw new BadInputException(
          "expected a JSON object with the key "
              + key
              + ", got "
              + (root.isObject() ? "the keys " + keys : "another value"));
    }
    return root.get(key);
  }

  /** {@code {"texts": ["one", ["first", "second"]]}}. */
  static List<Text> texts(byte[] body) {
    JsonNode list = object(body, "texts");
    if (!list.isArray()) {
      throw new BadInputException("texts: expected an array, got another value");
    }
    List<Text> texts = new ArrayList<>();
    for (JsonNode each : list) {
      if (each.isTextual()) {
        texts.add(Text.of(each.textValue()));
      } else if (each.size() == 2 && each.path(0).isTextual() && each.path(1).isTextual()) {
        texts.add(Text.of(each.get(0).textValue(), each.get(1).textValue()));
      } else {
        throw new BadInputException(
            "texts, element "
                + texts.size()
                + ": expected a text or an array of two, got another value");
      }
    }
    return texts;
  }

  /** {@code {"file": "cola.safetensors"}}. */
  static String file(byte[] body) {
    JsonNode file = object(body, "file");
    if (!file.isTextual()) {
      throw new BadInputException("file: expected a text, got another value");
    }
    return file.textValue();
  }

  static Map<String, Object> answers(String model, List<Prediction> predictions) {
    List<Map<String, Object>> answers = new ArrayList<>();
    for (Prediction each : predictions) {
      Map<String, Object> answer = new LinkedHashMap<>();
      each.label().ifPresent(label -> answer.put("label", label));
      if (each.label().isPresent()) {
        answer.put("probabilities", each.probabilities());
      } else {
        answer.put("score", each.score());
      }
      answers.add(answer);
    }
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", model);
    object.put("answers", answers);
    return object;
  }

  /**
   * @param file as the client names it
   */
  static Map<String, Object> model(Served served, String file) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", served.name());
    object.put("file", file);
    object.put("labels", served.labels());
    object.put("way", served.way().toString());
    object.put("keptShare", served.keptShare());
    object.put("bytes", served.bytes());
    return object;
  }

  static byte[] json(Object value) throws IOException {
    return JSON.writeValueAsBytes(value);
  }

  static byte[] error(String message) throws IOException {
    return json(Map.of("error", message));
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
