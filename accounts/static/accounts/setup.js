// The secret stands in the fragment of the link: browsers never send that, so no log holds it.
"use strict";
const field = document.getElementById("id_secret");
if (location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  document.getElementById("id_username").focus();
}
