package io.darex.bench.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.darex.prune.DarexVersion;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import lombok.With;

/**
 * How, where and when numbers were made.
 *
 * @param date of the last of them, in UTC
 * @param darex its version
 * @param java its version
 * @param machine system, architecture and processors
 * @param engine what was asked to compute the encoder; empty where no one was
 * @param base the base as a command takes it, from the folder in which it was made
 * @param digests of checkpoints, by what they are of
 * @param configuration as its file has it
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Made(
    @With String date,
    String darex,
    String java,
    String machine,
    String engine,
    String base,
    Map<String, String> digests,
    String configuration) {
  /** Copies the map; what is absent is empty. */
  public Made {
    date = known(date);
    darex = known(darex);
    java = known(java);
    machine = known(machine);
    engine = known(engine);
    base = known(base);
    digests = digests == null ? new TreeMap<>() : new TreeMap<>(digests);
    digests.replaceAll((of, digest) -> known(digest));
    configuration = known(configuration);
  }

  private static String known(String text) {
    return text == null ? "" : text;
  }

  /** By a version of which no more is known. */
  static Made by(String version) {
    return new Made("", version, "", "", "", "", Map.of(), "");
  }

  /** Here and today. */
  public static Made here(
      String engine, String base, Map<String, String> digests, String configuration) {
    return new Made(
        LocalDate.now(ZoneOffset.UTC).toString(),
        DarexVersion.text(),
        System.getProperty("java.version"),
        String.format(
            Locale.ROOT,
            "%s, %s, %d processors",
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            Runtime.getRuntime().availableProcessors()),
        engine,
        base,
        digests,
        configuration);
  }

  /** Whether the same was asked for. */
  public boolean isOfSame(Made other) {
    return engine.equals(other.engine)
        && base.equals(other.base)
        && digests.equals(other.digests)
        && configuration.equals(other.configuration);
  }

  /**
   * As the last part of a report.
   *
   * @param more what else there is to be known, by name
   */
  public List<Block> blocks(Map<String, String> more) {
    Map<String, String> known = new LinkedHashMap<>(more);
    known.put("date", date);
    known.put("darex", darex);
    known.put("Java", java);
    known.put("machine", machine);
    known.put("engine asked for", engine);
    digests.forEach((of, digest) -> known.put("SHA-256 of " + of, digest));
    known.values().removeIf(String::isEmpty);
    List<List<String>> rows =
        known.entrySet().stream().map(each -> List.of(each.getKey(), each.getValue())).toList();
    List<Block> blocks = new ArrayList<>();
    blocks.add(new Block.Heading(2, "How it was made"));
    blocks.add(new Block.Table(List.of("what", "value"), rows));
    if (!configuration.isEmpty()) {
      blocks.add(new Block.Heading(3, "Configuration"));
      blocks.add(new Block.Code(configuration));
    }
    return blocks;
  }
}
