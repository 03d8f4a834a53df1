# What the last run of a resource was to take, and took, as a timetable that begins at nine.
output "timetable" {
  value = provider::mail::timetable(mail_cutover.bluemind.last_run, "09:00")
}
