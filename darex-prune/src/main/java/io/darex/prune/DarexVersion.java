package io.darex.prune;

/** The version of this build. */
public final class DarexVersion {
  private DarexVersion() {}

  /** The version as the jar's manifest has it; {@code development} where there is no jar. */
  public static String text() {
    String version = DarexVersion.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
