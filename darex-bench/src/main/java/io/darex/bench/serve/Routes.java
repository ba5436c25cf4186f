package io.darex.bench.serve;

import com.sun.net.httpserver.HttpExchange;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Fault;
import io.darex.bench.pipeline.Prediction;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the server does for each path and method; {@code openapi.yml} describes it. */
final class Routes {
  private static final Pattern CLASSIFY = Pattern.compile("/v1/models/([^/:]+):classify");
  private static final Pattern MODEL = Pattern.compile("/v1/models/([^/:]+)");
  private static final String MODELS = "/v1/models";

  private final Models models;
  private final ServerOptions options;
  private final ModelFolder folder;

  /** By name, the file of each model, as the list in the folder has it. */
  private final SortedMap<String, String> files;

  /**
   * Adds the models of the folder's list.
   *
   * @throws IOException if one cannot be read
   * @throws BadInputException if one cannot be used
   */
  Routes(Models models, ServerOptions options) throws IOException {
    this.models = models;
    this.options = options;
    folder = new ModelFolder(options.folder());
    files = folder.list();
    for (Map.Entry<String, String> each : files.entrySet()) {
      models.add(each.getKey(), folder.file(each.getValue()));
    }
  }

  /** Names the route of a request for the metrics. */
  static String route(String path) {
    if (CLASSIFY.matcher(path).matches()) {
      return "classify";
    }
    if (MODEL.matcher(path).matches()) {
      return "model";
    }
    return switch (path) {
      case MODELS -> "models";
      case "/health", "/metrics", "/openapi.yml" -> path.substring(1);
      default -> "none";
    };
  }

  /** What a request gets, whatever it is. */
  Answer answer(HttpExchange exchange) throws IOException {
    try {
      return found(exchange);
    } catch (Exchanges.TooLargeException e) {
      return new Answer(
          413, Exchanges.JSON_TYPE, Exchanges.error(e.getMessage()), Map.of("Connection", "close"));
    } catch (RefusedException e) {
      return refused(e);
    } catch (IOException | RuntimeException e) {
      Fault fault = Fault.of(e);
      return error(fault.input() ? 400 : 500, fault.text());
    }
  }

  private Answer found(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    String method = exchange.getRequestMethod();
    if (path == null) {
      return error(404, "expected a path, got none");
    }
    if (path.equals("/health")) {
      return method.equals("GET")
          ? new Answer(200, "text/plain", Exchanges.utf8("ok\n"))
          : no("GET");
    }
    if (!isAllowed(exchange)) {
      return new Answer(
          401,
          Exchanges.JSON_TYPE,
          Exchanges.error("expected the server's token in Authorization: Bearer …"),
          Map.of("WWW-Authenticate", "Bearer"));
    }
    Matcher classify = CLASSIFY.matcher(path);
    if (classify.matches()) {
      return method.equals("POST") ? classify(exchange, classify.group(1)) : no("POST");
    }
    Matcher model = MODEL.matcher(path);
    if (model.matches()) {
      return switch (method) {
        case "PUT" -> put(exchange, model.group(1));
        case "DELETE" -> delete(model.group(1));
        default -> no("PUT, DELETE");
      };
    }
    return switch (path) {
      case MODELS -> method.equals("GET") ? list() : no("GET");
      case "/metrics" ->
          method.equals("GET")
              ? new Answer(200, "text/plain; version=0.0.4", Exchanges.utf8(models.metrics()))
              : no("GET");
      case "/openapi.yml" -> method.equals("GET") ? openApi() : no("GET");
      default -> error(404, "expected a path of /openapi.yml, got another");
    };
  }

  /** In a time that does not depend on where tokens differ. */
  private boolean isAllowed(HttpExchange exchange) {
    if (options.token().isEmpty()) {
      return true;
    }
    String sent = exchange.getRequestHeaders().getFirst("Authorization");
    byte[] expected = Exchanges.utf8("Bearer " + options.token().get());
    return MessageDigest.isEqual(expected, Exchanges.utf8(sent == null ? "" : sent));
  }

  private Answer classify(HttpExchange exchange, String name) throws IOException {
    List<Text> texts = Exchanges.texts(Exchanges.body(exchange, options.requestBytes()));
    List<Prediction> predictions = models.classify(name, texts);
    return ok(Exchanges.answers(name, predictions));
  }

  private Answer list() throws IOException {
    List<Object> all = new ArrayList<>();
    synchronized (files) {
      for (Served each : models.list()) {
        all.add(Exchanges.model(each, files.get(each.name())));
      }
    }
    return ok(Map.of("models", all));
  }

  private Answer put(HttpExchange exchange, String name) throws IOException {
    String file = Exchanges.file(Exchanges.body(exchange, options.requestBytes()));
    synchronized (files) {
      Path delta = folder.file(file);
      boolean fresh = !models.has(name);
      Served served = fresh ? models.add(name, delta) : models.replace(name, delta);
      String before = files.put(name, file);
      try {
        folder.write(files);
      } catch (IOException e) {
        undo(name, before);
        throw e;
      }
      return new Answer(
          fresh ? 201 : 200, Exchanges.JSON_TYPE, Exchanges.json(Exchanges.model(served, file)));
    }
  }

  /** What is not in the list would be gone after a restart. */
  private void undo(String name, String before) throws IOException {
    if (before == null) {
      files.remove(name);
      models.remove(name);
    } else {
      files.put(name, before);
      models.replace(name, folder.file(before));
    }
  }

  private Answer delete(String name) throws IOException {
    synchronized (files) {
      if (models.has(name)) {
        SortedMap<String, String> left = new TreeMap<>(files);
        left.remove(name);
        folder.write(left);
        files.remove(name);
      }
      models.remove(name);
      return new Answer(204, Exchanges.JSON_TYPE, new byte[0]);
    }
  }

  private static Answer openApi() throws IOException {
    try (InputStream in = Routes.class.getResourceAsStream("openapi.yml")) {
      return new Answer(200, "application/yaml", in.readAllBytes());
    }
  }

  private static Answer ok(Object value) throws IOException {
    return new Answer(200, Exchanges.JSON_TYPE, Exchanges.json(value));
  }

  private static Answer error(int status, String message) throws IOException {
    return new Answer(status, Exchanges.JSON_TYPE, Exchanges.error(message));
  }

  private static Answer no(String allowed) throws IOException {
    return new Answer(
        405,
        Exchanges.JSON_TYPE,
        Exchanges.error("expected method " + allowed + ", got another"),
        Map.of("Allow", allowed));
  }

  private static Answer refused(RefusedException e) throws IOException {
    int status =
        switch (e.reason()) {
          case UNKNOWN -> 404;
          case BUSY -> 429;
          case LATE, CLOSED, MEMORY -> 503;
          case BROKEN -> 500;
        };
    Map<String, String> headers =
        status == 429 || status == 503 ? Map.of("Retry-After", "1") : Map.of();
    return new Answer(status, Exchanges.JSON_TYPE, Exchanges.error(e.getMessage()), headers);
  }
}
