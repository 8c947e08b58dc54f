import java.io.FileInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;

/**
 * Verifies certificate chains with Java's own library: java Verify.java ROOT CHAIN...
 *
 * <p>Writes one line for each chain: "valid", or why it is not.
 */
class Verify {
  public static void main(String[] files) throws GeneralSecurityException, IOException {
    var root = new TrustAnchor(read(files[0]).get(0), null);
    for (var file : List.of(files).subList(1, files.length)) System.out.println(verdict(read(file), root));
  }

  static String verdict(List<X509Certificate> chain, TrustAnchor root) throws GeneralSecurityException {
    var parameters = new PKIXParameters(Set.of(root));
    parameters.setRevocationEnabled(false);
    try {
      var path = CertificateFactory.getInstance("X.509").generateCertPath(chain);
      CertPathValidator.getInstance("PKIX").validate(path, parameters);
      return "valid";
    } catch (CertPathValidatorException e) {
      return e.getReason() + ": " + e.getMessage();
    }
  }

  static List<X509Certificate> read(String file) throws GeneralSecurityException, IOException {
    try (var stream = new FileInputStream(file)) {
      var certificates = CertificateFactory.getInstance("X.509").generateCertificates(stream);
      return certificates.stream().map(X509Certificate.class::cast).toList();
    }
  }
}
