package io.darex.bench.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.darex.bench.console.BadInputException;
import io.darex.bench.pipeline.FolderLock;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@link Models} over HTTP, on the JDK's own server. Which models there are is kept in the folder
 * of models, so that the next start has the same.
 *
 * <p>Every request has a thread of its own, which waits for slow clients without keeping others
 * from theirs. The JDK's server has its limits from system properties; those that are not set are
 * set here, for the whole JVM.
 */
public final class ModelServer implements AutoCloseable {
  static {
    Map.of(
            "sun.net.httpserver.nodelay", "true",
            "sun.net.httpserver.maxReqTime", "30",
            "sun.net.httpserver.maxRspTime", "90",
            "sun.net.httpserver.maxReqHeaders", "100",
            "jdk.httpserver.maxConnections", "1000")
        .forEach(
            (key, value) -> {
              if (System.getProperty(key) == null) {
                System.setProperty(key, value);
              }
            });
  }

  private final Models models;
  private final Routes routes;
  private final FolderLock lock;
  private final HttpServer server;
  private final ExecutorService threads;
  private final Duration grace;
  private final AtomicInteger running = new AtomicInteger();
  private boolean closed;
  private volatile boolean ending;

  private ModelServer(Models models, ServerOptions options, FolderLock lock) throws IOException {
    this.models = models;
    this.lock = lock;
    grace = options.grace();
    routes = new Routes(models, options);
    try {
      server = HttpServer.create(new InetSocketAddress(options.host(), options.port()), 0);
    } catch (BindException e) {
      throw new BadInputException(
          "expected a port that is free, got " + options.host() + ":" + options.port(), e);
    }
    threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "darex-http");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /**
   * Adds the models of the folder's list and listens.
   *
   * @param models closed with the server, or if it cannot start
   * @throws BadInputException if the folder or one of its models cannot be used, or the port is
   *     taken
   * @throws IOException if something cannot be read, or another process serves the folder
   */
  public static ModelServer start(Models models, ServerOptions options) throws IOException {
    FolderLock lock = null;
    try {
      new ModelFolder(options.folder());
      lock = FolderLock.of(options.folder());
      return new ModelServer(models, options, lock);
    } catch (IOException | RuntimeException e) {
      models.close();
      if (lock != null) {
        lock.close();
      }
      throw e;
    }
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  private void handle(HttpExchange exchange) throws IOException {
    long start = System.nanoTime();
    running.incrementAndGet();
    try {
      Answer answer =
          ending
              ? new Answer(
                  503,
                  Exchanges.JSON_TYPE,
                  Exchanges.error("expected a server that goes on, got one that ends"),
                  Map.of("Connection", "close"))
              : routes.answer(exchange);
      String path = String.valueOf(exchange.getRequestURI().getRawPath());
      models.counters().answered(Routes.route(path), answer.status(), System.nanoTime() - start);
      send(exchange, answer);
    } catch (IOException | RuntimeException e) {
      exchange.close(); // the client has gone, or must not wait
      throw e;
    } finally {
      running.decrementAndGet();
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", answer.type());
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    int length = answer.body().length;
    boolean empty = length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(answer.status(), empty ? -1 : length);
    if (!empty) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(answer.body());
      }
    }
  }

  /**
   * Takes no more requests, answers those that are running for as long as the grace allows, and
   * closes the models.
   *
   * @throws UncheckedIOException if the folder cannot be given back
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    ending = true;
    long end = System.nanoTime() + grace.toNanos();
    boolean interrupted = false;
    while (running.get() > 0 && System.nanoTime() < end) {
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        interrupted = true; // answers first
      }
    }
    server.stop(0);
    threads.shutdown();
    models.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
